import { useLayoutEffect, useRef, type RefObject } from 'react';

const SLIDE_MS = 450;
const ATTRIBUTE = 'data-slide';

function wantsMotion(): boolean {
  return !window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/**
 * Animate elements marked with `data-slide` from their old to their new positions when `content` changes.
 *
 * The value of `data-slide` identifies an element, even if the element itself was replaced.
 */
export function useSlides<T extends HTMLElement>(content: unknown): RefObject<T | null> {
  const container = useRef<T>(null);
  const places = useRef(new Map<string, DOMRect>());

  useLayoutEffect(() => {
    const root = container.current;
    if (!root) return;
    const origin = root.getBoundingClientRect();
    const found = new Map<string, DOMRect>();
    for (const element of root.querySelectorAll<HTMLElement>(`[${ATTRIBUTE}]`)) {
      const mark = element.getAttribute(ATTRIBUTE) ?? '';
      const { x, y, width, height } = element.getBoundingClientRect();
      const place = new DOMRect(x - origin.x, y - origin.y, width, height);
      found.set(mark, place);
      slide(element, places.current.get(mark), place);
    }
    places.current = found;
  }, [content]);

  return container;
}

function slide(element: HTMLElement, from: DOMRect | undefined, to: DOMRect): void {
  if (!from || (from.x === to.x && from.y === to.y) || !wantsMotion()) return;
  // A longer motion would start out of view. A moved window of the list causes it, not a changed rank.
  if (Math.abs(from.y - to.y) > window.innerHeight) return;
  element.animate([{ transform: `translate(${from.x - to.x}px, ${from.y - to.y}px)` }, { transform: 'none' }], {
    duration: SLIDE_MS,
    easing: 'cubic-bezier(0.2, 0.8, 0.2, 1)',
  });
}
