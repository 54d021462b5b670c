import type { ReactNode } from 'react';

interface Props {
  readonly id: string;
  readonly title: string;
  /** Text below the title. */
  readonly note?: ReactNode;
  /** Content beside the title: buttons or search fields. */
  readonly beside?: ReactNode;
  /** Vertical position of the title beside taller content. */
  readonly align?: 'center' | 'end';
  readonly children: ReactNode;
}

const ALIGNED = { center: 'items-center', end: 'items-end' };

/** Section of a page, labelled by its title. */
export function Card({ id, title, note, beside, align = 'center', children }: Props) {
  return (
    <section aria-labelledby={id} className="card overflow-hidden">
      <header className={`flex flex-wrap ${ALIGNED[align]} justify-between gap-4 border-b border-line px-4 py-4 sm:px-6`}>
        <div>
          <h2 id={id} className="text-lg font-semibold tracking-tight">
            {title}
          </h2>
          {note && <p className="text-sm text-muted">{note}</p>}
        </div>
        {beside}
      </header>
      {children}
    </section>
  );
}
