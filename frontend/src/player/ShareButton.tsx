import { useState } from 'react';

import { Icon } from '../ui/Icon';

const SAID_MS = 2_500;

/** Button that copies the page's address. */
export function ShareButton() {
  const [said, setSaid] = useState('');

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(window.location.href);
      setSaid('Copied');
    } catch {
      setSaid('Copy it from the address bar');
    }
    setTimeout(() => setSaid(''), SAID_MS);
  }

  return (
    <button type="button" className="button" onClick={() => void copy()}>
      <Icon name={said === 'Copied' ? 'check' : 'link'} className="size-4" />
      <span role="status">{said || 'Copy link'}</span>
    </button>
  );
}
