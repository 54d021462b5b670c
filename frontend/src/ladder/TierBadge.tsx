/** Tier of an entry, beside the player's name. Empty on boards without tiers, and for an entry that reaches none. */
export function TierBadge({ tier }: { tier: string | null | undefined }) {
  return tier ? <span className="shrink-0 rounded-md border border-line px-1.5 py-0.5 text-xs font-medium text-muted">{tier}</span> : null;
}
