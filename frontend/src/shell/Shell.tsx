import { Link, Outlet, useLocation } from '@tanstack/react-router';

import { useDeployment } from '../api/context';
import { useLanguage, useText } from '../i18n/text';
import { ScoresOfBoard } from '../ladder/scores';
import { useMe } from '../me/me';
import { PlayerSearch } from '../search/PlayerSearch';
import { Avatar } from '../ui/Avatar';
import { ConditionBanner } from './ConditionBanner';
import { Settings } from './Settings';
import { TAB } from './tab';
import { useBeginning } from './useBeginning';

function skipToContent(): void {
  document.getElementById('content')?.focus();
}

export function Shell() {
  const words = useText();
  const language = useLanguage();
  useBeginning(useLocation({ select: ({ pathname }) => pathname }));
  return (
    <div className="flex min-h-dvh flex-col">
      <button
        type="button"
        onClick={skipToContent}
        className="button button-primary absolute top-2 left-2 z-50 not-focus:sr-only"
      >
        {words.skip}
      </button>
      <header className="sticky top-0 z-30 border-b border-line bg-paper/90 backdrop-blur">
        <div className="relative mx-auto flex h-14 max-w-6xl items-center gap-1 px-3 sm:h-16 sm:gap-2 sm:px-6">
          <Home />
          <nav aria-label={words.pages} className="mr-auto flex shrink-0 sm:gap-1">
            <Link to="/" activeOptions={{ exact: true, includeSearch: false }} className={`${TAB} max-md:hidden`}>
              {words.leaderboard}
            </Link>
            <Link to="/friends" className={TAB}>
              {words.friends}
            </Link>
          </nav>
          <PlayerSearch />
          <OwnPage />
          <Settings />
        </div>
      </header>
      <ConditionBanner />
      <main id="content" tabIndex={-1} className="mx-auto w-full max-w-6xl flex-1 px-3 py-5 outline-none sm:px-6 sm:py-8">
        {/* The key makes React render the page anew in another language, because every text and number changes. */}
        <ScoresOfBoard key={language}>
          <Outlet />
        </ScoresOfBoard>
      </main>
      <SiteLinks />
    </div>
  );
}

function Home() {
  const { title, logo } = useDeployment().config;
  return (
    <Link to="/" aria-label={title} className="flex min-h-10 min-w-8 shrink items-center gap-2.5 rounded-xl pr-1 sm:pr-2">
      {logo === null ? <Mark /> : <img src={logo} alt="" className="h-8 w-auto max-w-32 shrink-0" />}
      <span className="truncate text-lg font-semibold tracking-tight max-[22rem]:hidden">{title}</span>
    </Link>
  );
}

function OwnPage() {
  const words = useText();
  const me = useMe();
  if (!me) return null;
  return (
    <Link to="/player/$id" params={{ id: String(me.id) }} title={me.name} className="icon-button">
      <span className="sr-only">{`${words.you}: ${me.name}`}</span>
      <Avatar id={me.id} name={me.name} />
    </Link>
  );
}

function SiteLinks() {
  const words = useText();
  const { links } = useDeployment().config;
  if (links.length === 0) return null;
  return (
    <footer className="border-t border-line">
      <nav aria-label={words.links} className="mx-auto flex max-w-6xl flex-wrap gap-x-6 gap-y-1 px-3 py-4 text-sm text-muted sm:px-6">
        {links.map(({ label, href }) => (
          <a key={`${label} ${href}`} href={href} className="inline-flex min-h-6 items-center rounded underline-offset-4 hover:underline">
            {label}
          </a>
        ))}
      </nav>
    </footer>
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
