import { Link, Outlet, useLocation } from '@tanstack/react-router';

import { useDeployment } from '../api/context';
import { ScoresOfBoard } from '../ladder/scores';
import { PlayerSearch } from '../search/PlayerSearch';
import { ConditionBanner } from './ConditionBanner';
import { ThemeSwitch } from './ThemeSwitch';
import { TAB } from './tab';
import { useBeginning } from './useBeginning';

function skipToContent(): void {
  document.getElementById('content')?.focus();
}

export function Shell() {
  const { title, devMode, console } = useDeployment().config;
  useBeginning(useLocation({ select: ({ pathname }) => pathname }));
  return (
    <div className="flex min-h-dvh flex-col">
      <button
        type="button"
        onClick={skipToContent}
        className="button button-primary absolute top-2 left-2 z-50 not-focus:sr-only"
      >
        Skip to content
      </button>
      <header className="relative z-30 border-b border-line bg-paper/90 sm:sticky sm:top-0 backdrop-blur">
        <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-2 gap-y-2 px-4 py-3 sm:px-6">
          <Link to="/" className="mr-auto flex min-h-10 min-w-0 items-center gap-2.5 rounded-xl pr-2 md:mr-4">
            <Mark />
            <span className="truncate text-lg font-semibold tracking-tight">{title}</span>
          </Link>
          <nav aria-label="Pages" className="order-last flex w-full flex-wrap gap-1 md:order-none md:w-auto">
            <Link to="/" activeOptions={{ exact: true, includeSearch: false }} className={TAB}>
              Leaderboard
            </Link>
            <Link to="/friends" className={TAB}>
              Friends
            </Link>
            {devMode && (
              <Link to="/submit" className={TAB}>
                Submit
              </Link>
            )}
            {console && (
              <Link to="/console" className={TAB}>
                Console
              </Link>
            )}
          </nav>
          <div className="order-last w-full sm:order-none sm:w-64 md:ml-auto lg:w-80">
            <PlayerSearch />
          </div>
          <ThemeSwitch />
        </div>
      </header>
      <ConditionBanner />
      <main id="content" tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-4 py-6 outline-none sm:px-6 sm:py-10">
        <ScoresOfBoard>
          <Outlet />
        </ScoresOfBoard>
      </main>
    </div>
  );
}

function Mark() {
  return (
    <svg aria-hidden="true" viewBox="0 0 32 32" className="size-8 shrink-0">
      <rect width="32" height="32" rx="9" className="fill-accent" />
      <path d="M7 24v-7h5v7zm6.5 0V8h5v16zM20 24V13h5v11z" className="fill-on-accent" />
    </svg>
  );
}
