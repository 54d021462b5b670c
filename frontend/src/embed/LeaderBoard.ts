import { PLAIN, scoreFormat } from '../format/scores';
import { regionalTag } from '../i18n/languages';
import { setLocale } from '../i18n/locale';
import { displayName } from '../ui/displayName';
import { follow, readBoard, type Board, type Source, type Top } from './board';
import { STYLE } from './style';
import { textsFor, type Texts } from './texts';

const ATTRIBUTES = ['api', 'board', 'period', 'limit', 'from-address'] as const;
const ADDRESS_ATTRIBUTES = ['board', 'period', 'limit', 'theme', 'obs', 'heading'] as const;
const MAX_ENTRIES = 100;
/** Folder of this script. The folder also has the files of the site. */
const HOME = new URL('.', (document.currentScript as HTMLScriptElement | null)?.src ?? location.href).href;

/** Live leaderboard. All rows exist from the beginning, so that nothing moves when entries arrive. */
export class LeaderBoard extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  readonly #root = this.attachShadow({ mode: 'open' });
  #settings: Board | null = null;
  #top: Top | null = null;
  #ending: AbortController | null = null;
  #starting = false;

  connectedCallback(): void {
    if (this.hasAttribute('from-address')) this.#readAddress();
    this.#restart();
  }

  disconnectedCallback(): void {
    this.#ending?.abort();
    this.#ending = null;
  }

  attributeChangedCallback(): void {
    if (this.#ending !== null) this.#restart();
  }

  /** Take the attributes from the page's address, such as `?board=laps&limit=5&obs`. */
  #readAddress(): void {
    const parameters = new URLSearchParams(location.search);
    for (const name of ADDRESS_ATTRIBUTES) {
      const value = parameters.get(name);
      if (value !== null) this.setAttribute(name, value);
    }
  }

  /** Restart the widget. Several attributes that change together cause one restart only. */
  #restart(): void {
    if (this.#starting) return;
    this.#starting = true;
    queueMicrotask(() => {
      this.#starting = false;
      if (this.isConnected) void this.#start();
    });
  }

  async #start(): Promise<void> {
    this.#ending?.abort();
    const ending = new AbortController();
    const { signal } = ending;
    this.#ending = ending;
    this.#settings = this.#top = null;
    this.#build();
    const source = { ...this.#source(), api: await this.#api(signal) };
    if (this.#ending !== ending) return; // meanwhile, the widget was started again or removed
    follow(source, signal, (top) => this.#show(top));
    const settings = await readBoard(source, signal).catch(() => null);
    if (this.#ending !== ending) return;
    this.#settings = settings;
    this.#show(this.#top);
  }

  #source(): Source {
    const limit = Number(this.getAttribute('limit') ?? 10);
    return {
      api: '',
      board: this.getAttribute('board') ?? 'default',
      period: this.getAttribute('period') ?? 'current',
      limit: Number.isInteger(limit) ? Math.min(Math.max(limit, 1), MAX_ENTRIES) : 10,
    };
  }

  /** Return the address of the service: the attribute, or the site's configuration, or the folder of this script. */
  async #api(signal: AbortSignal): Promise<string> {
    const attribute = this.getAttribute('api');
    if (attribute !== null) return new URL(`${attribute.replace(/\/$/, '')}/`, location.href).href;
    if (!this.hasAttribute('from-address')) return HOME;
    const response = await fetch(new URL('config.json', HOME), { signal }).catch(() => null);
    const { apiBaseUrl = '' } = response?.ok === true ? ((await response.json()) as { apiBaseUrl?: string }) : {};
    return apiBaseUrl === '' ? HOME : new URL(`${apiBaseUrl.replace(/\/$/, '')}/`, HOME).href;
  }

  /** Build a table with an empty row for each entry. */
  #build(): void {
    const [language, texts] = textsFor(navigator.languages);
    setLocale(regionalTag(language, navigator.languages));
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [style];
    const head = row('th', [texts.rank, texts.player, texts.score]);
    head.querySelectorAll('th').forEach((cell) => cell.setAttribute('scope', 'col'));
    const rows = Array.from({ length: this.#source().limit }, () => row('td', ['', '', '']));
    const caption = element('caption', [element('span', [this.getAttribute('heading') ?? '']), element('small', [])]);
    const table = element('table', [caption, element('thead', [head]), element('tbody', rows)]);
    table.lang = language;
    this.#root.replaceChildren(table);
  }

  /** Show entries. Null keeps the last entries and shows that the connection is lost. */
  #show(top: Top | null): void {
    const [, texts] = textsFor(navigator.languages);
    const [heading, note] = [...this.#root.querySelectorAll('caption > *')];
    if (heading) heading.textContent = this.getAttribute('heading') ?? nameOf(this.#settings, texts);
    if (note) note.textContent = top === null && this.#top !== null ? texts.unreachable : '';
    if (top === null) return;
    const format = scoreFormat(this.#settings ?? PLAIN);
    const isUpdate = this.#top !== null && this.#top !== top; // the settings only change how the same entries look
    this.#top = top;
    this.#root.querySelectorAll('tbody tr').forEach((line, index) => {
      const entry = top.entries[index];
      const name = entry && (displayName(entry.username ?? '') ?? texts.nameless(entry.user_id));
      const unit = format.unit === null ? '' : ` ${format.unit}`;
      const cells = entry ? [String(entry.rank), name ?? '', `${format.full(entry.score)}${unit}`] : ['', '', ''];
      const isChanged = cells.map((text, column) => setText(line.children[column], text)).includes(true);
      line.classList.remove('changed');
      if (isChanged && isUpdate) {
        line.getBoundingClientRect(); // forces a layout, so that adding the class restarts the animation
        line.classList.add('changed');
      }
    });
  }
}

/** Set the text of a cell. Return false if the cell had this text already. */
function setText(cell: Element | undefined, text: string): boolean {
  if (!cell || cell.textContent === text) return false;
  cell.textContent = text;
  return true;
}

/**
 * Return the heading of a board, empty without settings. While the first board has its initial name, return a general
 * heading.
 */
function nameOf(settings: Board | null, texts: Texts): string {
  if (settings?.board === 'default' && settings.name === 'Default') return texts.board;
  return settings?.name ?? '';
}

function row(kind: 'td' | 'th', texts: readonly string[]): HTMLTableRowElement {
  const cells = texts.map((text, column) => {
    const name = ['rank', 'player', 'score'][column] ?? '';
    const cell = element(kind, [text]);
    cell.className = name;
    if (name === 'player') cell.dir = 'auto'; // otherwise the ellipsis replaces the beginning of an Arabic name
    cell.setAttribute('part', name);
    return cell;
  });
  return element('tr', cells);
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  children: readonly (Node | string)[],
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

if (customElements.get('leader-board') === undefined) customElements.define('leader-board', LeaderBoard);
