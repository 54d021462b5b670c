import { useId } from 'react';

import type { Board } from '../../api/types';
import { Field } from '../../ui/Field';
import { Select } from '../../ui/Select';
import { Check, Pair } from '../FieldGroup';
import { useConsoleText } from '../i18n/text';
import type { Options } from './options';

interface Props {
  readonly boards: readonly Board[];
  /** Columns of the file, for suggestions. */
  readonly columns: readonly string[];
  readonly options: Options;
  readonly set: (options: Options) => void;
}

const COLUMNS = ['player', 'score', 'time', 'player_id'] as const;
const DECIMALS = [['.', 'point'], [',', 'comma']] as const;
const THOUSANDS = [['', 'none'], [',', 'comma'], ['.', 'point'], ["'", 'apostrophe'], [' ', 'blank']] as const;
const SCORES = [['', 'byFile'], ['shown', 'shown'], ['stored', 'stored']] as const;

/** Fields for the board, the columns and the notation of a file. */
export function OptionFields({ boards, columns, options, set }: Props) {
  const words = useConsoleText();
  const { board, imports } = words;
  const list = useId();
  const field = (name: keyof Options) => (event: { currentTarget: { value: string } }) =>
    set({ ...options, [name]: event.currentTarget.value });
  return (
    <div className="space-y-4">
      <Select
        label={board}
        value={options.board}
        options={boards.map((one) => [one.board, one.name] as const)}
        choose={(slug) => set({ ...options, board: slug })}
      />
      <datalist id={list}>
        {columns.map((column) => (
          <option key={column} value={column} />
        ))}
      </datalist>
      <Pair>
        {COLUMNS.map((name) => (
          <Field key={name} {...imports.columns[name]} list={list} value={options[name]} onChange={field(name)} />
        ))}
      </Pair>
      <details>
        <summary className="cursor-pointer text-sm font-medium">{imports.details}</summary>
        <div className="mt-4 space-y-4">
          <Pair>
            <Select label={imports.decimal} value={options.decimal} options={DECIMALS.map(([mark, name]) => [mark, imports.marks[name]] as const)} choose={(decimal) => set({ ...options, decimal })} />
            <Select
              label={imports.thousands}
              value={options.thousands}
              options={THOUSANDS.map(([mark, name]) => [mark, imports.marks[name]] as const)}
              choose={(thousands) => set({ ...options, thousands })}
            />
            <Select label={imports.meaning} value={options.scores} options={SCORES.map(([value, name]) => [value, imports.meanings[name]] as const)} choose={(scores) => set({ ...options, scores })} />
            <Field label={imports.separator} help={imports.separatorHelp} value={options.separator} onChange={field('separator')} />
            <Field
              label={imports.timeFormat}
              help={imports.timeFormatHelp}
              value={options.time_format}
              onChange={field('time_format')}
            />
            <Field label={imports.timeZone} help={imports.timeZoneHelp} value={options.time_zone} onChange={field('time_zone')} />
            <Field label={imports.timeOfDay} list={list} value={options.time_of_day} onChange={field('time_of_day')} />
            <Field label={imports.source} help={imports.sourceHelp} value={options.source} onChange={field('source')} />
            <Field label={imports.lines} help={imports.linesHelp} value={options.lines} onChange={field('lines')} />
          </Pair>
          <Check
            label={imports.history}
            help={imports.historyHelp}
            checked={options.history}
            set={(history) => set({ ...options, history })}
          />
          <Check
            label={imports.replace}
            help={imports.replaceHelp}
            checked={options.replace}
            set={(replace) => set({ ...options, replace })}
          />
        </div>
      </details>
    </div>
  );
}
