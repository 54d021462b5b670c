import { render } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { useSlides } from '../src/ui/useSlides';

const animate = vi.fn();
const ROW = 64;

/** List that gives each row a position by its order, because jsdom has no layout. */
function List({ names }: { names: readonly string[] }) {
  const list = useSlides<HTMLUListElement>(names);
  return (
    <ul ref={list}>
      {names.map((name, at) => (
        <li key={name} data-slide={name} data-at={at}>
          {name}
        </li>
      ))}
    </ul>
  );
}

function motion(isReduced: boolean, height = ROW): void {
  vi.stubGlobal('matchMedia', () => ({ matches: isReduced }));
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(function (this: HTMLElement) {
    return { x: 0, y: Number(this.dataset.at ?? 0) * height, width: 100, height: ROW } as DOMRect;
  });
  vi.stubGlobal(
    'DOMRect',
    class {
      constructor(
        readonly x: number,
        readonly y: number,
      ) {}
    },
  );
  HTMLElement.prototype.animate = animate;
}

/** Render a list, and swap two rows after the frame that measures them. */
async function swap(): Promise<void> {
  const { rerender } = render(<List names={['Ada', 'Bob', 'Cyd']} />);
  await new Promise(requestAnimationFrame);
  rerender(<List names={['Bob', 'Ada', 'Cyd']} />);
}

afterEach(() => {
  animate.mockClear();
  vi.unstubAllGlobals();
});

describe('a row whose rank changed', () => {
  it('slides from its former place', async () => {
    motion(false);
    await swap();
    const frames = animate.mock.calls.map(([steps]) => (steps as { transform: string }[])[0]?.transform);
    expect(frames).toEqual(['translate(0px, 64px)', 'translate(0px, -64px)']);
  });

  it('is just there for readers who want no motion', async () => {
    motion(true);
    await swap();
    expect(animate).not.toHaveBeenCalled();
  });

  it('is just there if it came from far', async () => {
    motion(false, 192_000);
    await swap();
    expect(animate).not.toHaveBeenCalled();
  });
});
