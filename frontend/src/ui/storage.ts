/**
 * Texts that a browser stores by name. If the browser allows no storage, the texts are lost when the page is closed.
 */
interface Texts {
  /** Return the text with this name, null without one. */
  readonly get: (name: string) => string | null;
  /** Store a text; null removes it. */
  readonly set: (name: string, text: string | null) => void;
}

function textsIn(storage: () => Storage): Texts {
  return {
    get(name) {
      try {
        return storage().getItem(name);
      } catch {
        return null;
      }
    },
    set(name, text) {
      try {
        if (text === null) storage().removeItem(name);
        else storage().setItem(name, text);
      } catch {
        // Without storage, the text is lost when the page is closed.
      }
    },
  };
}

/** Texts of this browser. */
export const { get: stored, set: store } = textsIn(() => localStorage);
/** Texts of this tab, until it is closed. */
export const session = textsIn(() => sessionStorage);
