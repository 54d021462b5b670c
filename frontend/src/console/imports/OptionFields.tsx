import { useId } from 'react';

import type { Board } from '../../api/types';
import { Field } from '../../ui/Field';
import { Select } from '../../ui/Select';
import { Check, Pair } from '../FieldGroup';
import type { Options } from './options';

interface Props {
  readonly boards: readonly Board[];
  /** Columns of the file, for suggestions. */
  readonly columns: readonly string[];
  readonly options: Options;
  readonly set: (options: Options) => void;
}

const COLUMNS = [
  ['player', 'Player column', 'Found by itself if all columns are empty.'],
  ['score', 'Score column', 'Or a constant such as =1.'],
  ['time', 'Time column', 'Empty: the lines count as of now, in their order.'],
  ['player_id', 'External id column', 'It then identifies the player.'],
] as const;
const DECIMALS = [
  ['.', 'point'],
  [',', 'comma'],
] as const;
const THOUSANDS = [['', 'none'], [',', 'comma'], ['.', 'point'], ["'", 'apostrophe'], [' ', 'blank']] as const;
const SCORES = [['', 'by the file'], ['shown', 'as the board shows them'], ['stored', 'stored, as in the API']] as const;

/** Fields for the board, the columns and the notation of a file. */
export function OptionFields({ boards, columns, options, set }: Props) {
  const list = useId();
  const field = (name: keyof Options) => (event: { currentTarget: { value: string } }) =>
    set({ ...options, [name]: event.currentTarget.value });
  return (
    <div className="space-y-4">
      <Select
        label="Board"
        value={options.board}
        options={boards.map((board) => [board.board, board.name] as const)}
        choose={(board) => set({ ...options, board })}
      />
      <datalist id={list}>
        {columns.map((column) => (
          <option key={column} value={column} />
        ))}
      </datalist>
      <Pair>
        {COLUMNS.map(([name, label, help]) => (
          <Field key={name} label={label} help={help} list={list} value={options[name]} onChange={field(name)} />
        ))}
      </Pair>
      <details>
        <summary className="cursor-pointer text-sm font-medium">Numbers, times and rules</summary>
        <div className="mt-4 space-y-4">
          <Pair>
            <Select label="Decimal mark" value={options.decimal} options={DECIMALS} choose={(decimal) => set({ ...options, decimal })} />
            <Select
              label="Separator of thousands"
              value={options.thousands}
              options={THOUSANDS}
              choose={(thousands) => set({ ...options, thousands })}
            />
            <Select label="Meaning of numbers" value={options.scores} options={SCORES} choose={(scores) => set({ ...options, scores })} />
            <Field label="Separator of columns" help="Empty: found in the header." value={options.separator} onChange={field('separator')} />
            <Field
              label="Time format"
              help="Such as %d.%m.%Y %H:%M, seconds or serial."
              value={options.time_format}
              onChange={field('time_format')}
            />
            <Field label="Time zone" help="Empty: the board’s." value={options.time_zone} onChange={field('time_zone')} />
            <Field label="Time of day column" list={list} value={options.time_of_day} onChange={field('time_of_day')} />
            <Field label="Source" help="Makes lines that equal those of another file new scores." value={options.source} onChange={field('source')} />
          </Pair>
          <Check
            label="Count in past periods too"
            help="The board’s score limits then do not apply."
            checked={options.history}
            set={(history) => set({ ...options, history })}
          />
          <Check
            label="Replace scores of an earlier import"
            help="Lines with the same identity and other content."
            checked={options.replace}
            set={(replace) => set({ ...options, replace })}
          />
        </div>
      </details>
    </div>
  );
}
