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
    const elements = markedIn(root);
    if (![...elements.keys()].some((mark) => places.current.has(mark))) {
      // Nothing moves now. Measure in the next frame, which computes the layout anyway: measuring now would cost an
      // extra layout.
      const frame = requestAnimationFrame(() => void (places.current = placesIn(root, elements)));
      return () => cancelAnimationFrame(frame);
    }
    const found = placesIn(root, elements);
    for (const [mark, place] of found) slide(elements.get(mark), places.current.get(mark), place);
    places.current = found;
  }, [content]);

  return container;
}

function markedIn(root: HTMLElement): ReadonlyMap<string, HTMLElement> {
  const elements = [...root.querySelectorAll<HTMLElement>(`[${ATTRIBUTE}]`)];
  return new Map(elements.map((element) => [element.getAttribute(ATTRIBUTE) ?? '', element]));
}

/** Return the places of the elements, relative to the container. */
function placesIn(root: HTMLElement, elements: ReadonlyMap<string, HTMLElement>): Map<string, DOMRect> {
  const origin = root.getBoundingClientRect();
  const places = new Map<string, DOMRect>();
  for (const [mark, element] of elements) {
    const { x, y, width, height } = element.getBoundingClientRect();
    places.set(mark, new DOMRect(x - origin.x, y - origin.y, width, height));
  }
  return places;
}

function slide(element: HTMLElement | undefined, from: DOMRect | undefined, to: DOMRect): void {
  if (!element || !from || (from.x === to.x && from.y === to.y) || !wantsMotion()) return;
  // Do not animate a motion longer than the window, which would start out of view. Such a motion means that the list
  // shows another part of the board, not that a rank has changed.
  if (Math.abs(from.y - to.y) > window.innerHeight) return;
  element.animate([{ transform: `translate(${from.x - to.x}px, ${from.y - to.y}px)` }, { transform: 'none' }], {
    duration: SLIDE_MS,
    easing: 'cubic-bezier(0.2, 0.8, 0.2, 1)',
  });
}
