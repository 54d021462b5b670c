import { useState } from 'react';

import { Icon } from '../ui/Icon';
import { THEMES, saveTheme, savedTheme, type Theme } from './theme';

const ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const;
const NAMES = { system: 'system', light: 'light', dark: 'dark' } as const;

function after(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState(savedTheme);
  const next = after(theme);
  const label = `Colours: ${NAMES[theme]}. Change to ${NAMES[next]}`;
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className="grid size-10 shrink-0 place-items-center rounded-xl text-muted transition-colors hover:bg-sunken hover:text-ink"
      onClick={() => {
        saveTheme(next);
        setTheme(next);
      }}
    >
      <Icon name={ICONS[theme]} />
    </button>
  );
}
