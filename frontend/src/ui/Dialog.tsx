import { useEffect, useId, useRef, type ReactNode } from 'react';

interface Props {
  readonly title: string;
  readonly close: () => void;
  readonly children: ReactNode;
}

/** Modal dialog. Escape closes it. */
export function Dialog({ title, close, children }: Props) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={close}
      className="m-auto w-[min(32rem,calc(100vw-2rem))] rounded-2xl border border-line bg-surface p-5 text-ink shadow-pop backdrop:bg-ink/40 sm:p-6"
    >
      {/* The title stays in view while the content scrolls. */}
      <h2 id={id} className="sticky -top-5 z-10 -mx-5 -mt-5 mb-2 bg-surface px-5 pt-5 pb-2 text-lg font-semibold tracking-tight sm:-top-6 sm:-mx-6 sm:-mt-6 sm:px-6 sm:pt-6">
        {title}
      </h2>
      {children}
    </dialog>
  );
}
