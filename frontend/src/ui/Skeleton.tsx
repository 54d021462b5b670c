export function Skeleton({ className }: { className: string }) {
  return <span aria-hidden="true" className={`block animate-pulse-soft rounded-lg bg-sunken ${className}`} />;
}

/** Placeholder for rows that are loading. */
export function SkeletonRows({ rows, label }: { rows: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="space-y-2 p-4">
      {Array.from({ length: rows }, (_, at) => (
        <Skeleton key={at} className="h-10" />
      ))}
    </div>
  );
}
