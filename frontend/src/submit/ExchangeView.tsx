import type { Exchange } from '../api/client';
import type { Submission } from './draft';

/** Request and reply as they were sent. Only the key is hidden. */
export function ExchangeView({ path, sent, reply }: { path: string; sent: Submission; reply: Exchange | null }) {
  return (
    <div className="space-y-4">
      <Message title="Request" first={`POST ${path}`} lines={['Authorization: Bearer •••', 'Content-Type: application/json']} body={sent} />
      {reply && (
        <Message
          title="Reply"
          first={`${reply.status} in ${reply.ms.toFixed(0)} ms`}
          lines={[
            ...(reply.source ? [`X-LeaderForge-Source: ${reply.source}`] : []),
            ...(reply.requestId ? [`X-Request-Id: ${reply.requestId}`] : []),
          ]}
          body={reply.body}
          good={reply.status < 400}
        />
      )}
    </div>
  );
}

interface MessageProps {
  readonly title: string;
  readonly first: string;
  readonly lines: readonly string[];
  readonly body: unknown;
  readonly good?: boolean;
}

function Message({ title, first, lines, body, good }: MessageProps) {
  const tone = good === undefined ? '' : good ? 'text-up' : 'text-down';
  return (
    <section aria-label={title} className="overflow-hidden rounded-xl border border-line bg-sunken/60">
      <h2 className="flex items-center justify-between gap-4 border-b border-line px-4 py-2.5 text-sm">
        <span className="font-medium">{title}</span>
        <span className={`truncate font-mono text-xs ${tone}`}>{first}</span>
      </h2>
      <pre className="overflow-x-auto px-4 py-3 font-mono text-xs leading-relaxed whitespace-pre-wrap break-all">
        {lines.length > 0 && <span className="text-muted">{`${lines.join('\n')}\n\n`}</span>}
        {JSON.stringify(body, null, 2)}
      </pre>
    </section>
  );
}
