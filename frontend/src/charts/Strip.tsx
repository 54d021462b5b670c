import { scaleTime } from 'd3-scale';

interface Props {
  /** States in order of time: `well` is true for a good state, and `at` is in ms since 1970. */
  readonly looks: readonly { readonly at: number; readonly well: boolean }[];
  readonly times: readonly [number, number];
}

const WIDTH = 100;

/** Strip chart of good and bad states over time. Screen readers skip the chart and read the text beside it. */
export function Strip({ looks, times }: Props) {
  const x = scaleTime(times, [0, WIDTH]);
  return (
    <svg aria-hidden="true" viewBox={`0 0 ${WIDTH} 1`} preserveAspectRatio="none" shapeRendering="crispEdges" className="block h-4 w-full rounded bg-sunken">
      {looks.map(({ at, well }, index) => {
        const end = looks[index + 1]?.at ?? times[1];
        return <rect key={at} x={x(at)} width={Math.max(0.5, x(end) - x(at))} height="1" className={well ? 'fill-up' : 'fill-down'} />;
      })}
    </svg>
  );
}
