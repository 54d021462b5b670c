import type { Board, TeamFunction } from '../../api/types';
import { Field } from '../../ui/Field';
import { Select } from '../../ui/Select';
import type { BoardDraft } from '../boardDraft';
import { Pair } from '../FieldGroup';
import { useConsoleText } from '../i18n/text';
import { useTeamAdminTexts } from './texts';

const FUNCTIONS: readonly TeamFunction[] = ['sum', 'best', 'mean'];

interface Props {
  readonly boards: readonly Board[];
  readonly draft: BoardDraft;
  readonly exists: boolean;
  readonly flaw: string | undefined;
  readonly set: (change: Partial<BoardDraft>) => void;
}

/**
 * Fields of a team board's rules: the source board, the function that combines the members' scores, and the number of
 * members whose scores count.
 */
export function TeamBoardFields({ boards, draft, exists, flaw, set }: Props) {
  const words = useTeamAdminTexts();
  const { fixed } = useConsoleText().form;
  const sources = boards.filter((board) => !board.team && board.tournament === null && board.score_type !== 'int64' && board.board !== draft.board);
  return (
    <>
      <Select
        label={words.source}
        value={draft.teamSource}
        options={[['', words.noSource] as const, ...sources.map(({ board, name }) => [board, name] as const)]}
        disabled={exists}
        help={exists ? fixed : words.sourceHelp}
        choose={(teamSource) => set({ teamSource, ...ofSource(boards.find(({ board }) => board === teamSource)) })}
      />
      {draft.teamSource !== '' && (
        <Pair>
          <Select
            label={words.function}
            value={draft.teamFunction}
            options={FUNCTIONS.map((name) => [name, words.functions[name]] as const)}
            disabled={exists}
            help={exists ? fixed : words.functionHelp}
            choose={(teamFunction) => set({ teamFunction })}
          />
          {draft.teamFunction !== 'sum' && (
            <Field
              label={words.counted}
              inputMode="numeric"
              value={draft.teamMembers}
              flaw={flaw}
              disabled={exists}
              help={exists ? fixed : words.countedHelp}
              onChange={(event) => set({ teamMembers: event.currentTarget.value })}
            />
          )}
        </Pair>
      )}
    </>
  );
}

/** Return the settings that a team board shares with its source. */
function ofSource(source: Board | undefined): Partial<BoardDraft> {
  if (!source) return {};
  const { policy, order, time_zone: timeZone, periods, season, unit } = source;
  return { policy, order, timeZone, periods, season: season ?? '', unit: unit ?? '' };
}
