import { useQuery } from '@tanstack/react-query';

import { useSurroundings } from '../api/context';
import { Refused } from '../api/errors';
import { user } from '../api/reads';
import { useText } from '../i18n/text';
import { ModerateLink } from '../console/moderation/ModerateLink';
import { useBoard, useBoardName } from '../ladder/useBoard';
import { MeButton } from '../me/MeButton';
import { useMomentTexts } from '../moments/texts';
import { useMoments } from '../moments/useMoments';
import { TeamSection } from '../team/TeamSection';
import { ErrorNotice, Notice } from '../ui/Notice';
import { nameOf } from '../ui/PlayerName';
import { Skeleton } from '../ui/Skeleton';
import { usePageTitle } from '../ui/usePageTitle';

/** Notice for a player without a rank. It says whether the player exists. */
export function Unranked({ userId }: { userId: number }) {
  const words = useText();
  const board = useBoardName();
  const isTeam = Boolean(useBoard()?.team);
  const { hadNoScore } = useMomentTexts();
  const isPresent = useMoments().at === undefined;
  const { data, error, refetch } = useQuery(user(useSurroundings(), userId));
  const isUnknown = error instanceof Refused && error.code === 'user_not_found';
  usePageTitle(data ? nameOf(data) : isUnknown ? words.playerNotFound : '', board);
  if (data) {
    const name = nameOf(data);
    return (
      <>
        <Notice title={isPresent ? words.noScoreYet(name) : hadNoScore(name)} page action={
            <div className="flex flex-wrap justify-center gap-2">
              {!isTeam && <MeButton player={{ id: userId, name }} />}
              <ModerateLink player={data} />
            </div>
          }
        >
          {isPresent && words.noScoreYetHint}
        </Notice>
        {isPresent && <TeamSection teamId={userId} />}
      </>
    );
  }
  if (isUnknown) {
    return (
      <Notice title={words.playerNotFound} page>
        {words.playerNotFoundHint(userId)}
      </Notice>
    );
  }
  return error ? <ErrorNotice error={error} retry={refetch} page /> : <Skeleton className="h-40" />;
}
