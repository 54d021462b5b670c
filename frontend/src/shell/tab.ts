/** Classes of a link to a page. The link is highlighted while that page is open. */
export const TAB =
  'inline-flex min-h-10 items-center rounded-xl px-2 text-sm sm:px-3.5 font-medium text-muted transition-colors hover:bg-sunken hover:text-ink aria-[current=page]:bg-sunken aria-[current=page]:text-ink';
