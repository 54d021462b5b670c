import { Dialog } from '../ui/Dialog';
import { useConsoleText } from './i18n/text';

/** Dialog with a new key or secret. It cannot be shown again. */
export function SecretIssued({ title, text, close }: { title: string; text: string; close: () => void }) {
  const words = useConsoleText();
  return (
    <Dialog title={title} close={close}>
      <p className="mb-3 text-muted">{words.keys.copyNow}</p>
      <code className="block rounded-xl border border-line bg-sunken px-4 py-3 font-mono text-sm break-all">{text}</code>
      <div className="mt-5 flex justify-end gap-2">
        <button type="button" className="button" onClick={() => void navigator.clipboard.writeText(text)}>
          {words.keys.copy}
        </button>
        <button type="button" className="button button-primary" onClick={close}>
          {words.done}
        </button>
      </div>
    </Dialog>
  );
}
