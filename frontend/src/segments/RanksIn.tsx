import { formatNumber } from '../format/numbers';
import { useText } from '../i18n/text';
import { Figure } from '../player/Figure';
import { useSegmentTexts } from './texts';

interface Props {
  /** A player's rank in its segment of each attribute. */
  readonly ranks: Readonly<Record<string, number>>;
}

/** A player's ranks in segments, each as a figure. */
export function RanksIn({ ranks }: Props) {
  const words = useText();
  const { withSame } = useSegmentTexts();
  return Object.entries(ranks).map(([attribute, rank]) => (
    <Figure key={attribute} label={words.rankBy(attribute)} value={formatNumber(rank)} detail={withSame(attribute)} />
  ));
}
