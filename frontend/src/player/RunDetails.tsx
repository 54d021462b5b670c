import type { Player } from '../api/types';
import { details } from '../format/metadata';
import { useText } from '../i18n/text';

/** Metadata of the run that determines the player's standing. */
export function RunDetails({ player }: { player: Player }) {
  const words = useText();
  const noted = details(player.metadata);
  if (noted.length === 0) return null;
  return (
    <section aria-labelledby="run" className="card px-4 py-5 sm:px-6">
      <h2 id="run" className="text-lg font-semibold tracking-tight">
        {words.aboutScore}
      </h2>
      <dl className="mt-3 grid grid-cols-[repeat(auto-fit,minmax(8rem,1fr))] gap-4">
        {noted.map(({ name, value }) => (
          <div key={name} className="min-w-0">
            <dt className="eyebrow break-words">{name}</dt>
            <dd dir="auto" className="font-medium break-words">
              {value}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
