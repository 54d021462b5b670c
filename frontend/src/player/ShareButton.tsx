import { useState } from 'react';

import { useText } from '../i18n/text';
import { Icon } from '../ui/Icon';

const SAID_MS = 2_500;

type Result = 'copied' | 'copyFromBar';

/** Button that copies the page's address. */
export function ShareButton() {
  const words = useText();
  const [result, setResult] = useState<Result | null>(null);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(window.location.href);
      setResult('copied');
    } catch {
      setResult('copyFromBar');
    }
    setTimeout(() => setResult(null), SAID_MS);
  }

  return (
    <>
      <button type="button" className="button" onClick={() => void copy()}>
        <Icon name={result === 'copied' ? 'check' : 'link'} className="size-4" />
        {result ? words[result] : words.copyLink}
      </button>
      {/* The status is outside the button: inside, it would leave the button without an accessible name. */}
      <span role="status" className="sr-only">
        {result && words[result]}
      </span>
    </>
  );
}
