"""Adapters that the services use. No other package builds adapters."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from leaderforge.ports.access import AuditLog, KeyStore, RateLimiter, SigningKeyStore, TokenSigner, TokenVerifier
from leaderforge.ports.activity import ActivityStore
from leaderforge.ports.awards import AwardStore, ResettlementStore
from leaderforge.ports.challenges import ChallengeStore
from leaderforge.ports.changes import ChangeFeed
from leaderforge.ports.clock import Clock
from leaderforge.ports.derived_notices import DerivedNoticeStore
from leaderforge.ports.friends import FriendStore
from leaderforge.ports.history import HistoryLoader, HistoryStore
from leaderforge.ports.index import RankIndex
from leaderforge.ports.leagues import LeagueStore
from leaderforge.ports.moderation import Moderation
from leaderforge.ports.moments import MomentStore
from leaderforge.ports.notices import EndpointStore, NoticeSender, NoticeSigner, NoticeStore
from leaderforge.ports.pending import PendingProcesses
from leaderforge.ports.people import IdentityProvider, PeopleStore
from leaderforge.ports.periods import PeriodStore
from leaderforge.ports.players import NameClaimer, PlayerRecords, PlayerStore, StaleClaimReleaser
from leaderforge.ports.queue import SubmissionQueue
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.sessions import SessionStore
from leaderforge.ports.settlement import SettlementStore
from leaderforge.ports.teams import TeamScoreStore, TeamStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.ports.tournaments import TournamentStore
from leaderforge.ports.tracing import Tracer

Exposition = Callable[[], tuple[bytes, str]]
"""Function that returns all metrics and their content type."""

Close = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Parts:
    """Adapters that the services use.

    `clock_us` is `clock` in microseconds. The functions in `opens` connect the adapters, the functions in `closes`
    disconnect them, and the functions in `renews` close broken connections.
    """

    store: ScoreStore
    users: PlayerStore
    periods: PeriodStore
    history: HistoryStore
    keys: KeyStore
    signing_keys: SigningKeyStore
    sessions: SessionStore
    audit: AuditLog
    activity: ActivityStore
    tournaments: TournamentStore
    awards: AwardStore
    resettlements: ResettlementStore
    people: PeopleStore
    settlements: SettlementStore
    leagues: LeagueStore
    moments: MomentStore
    moderation: Moderation
    records: PlayerRecords
    friends: FriendStore
    challenges: ChallengeStore
    teams: TeamStore
    team_scores: TeamScoreStore
    notices: NoticeStore
    derived_notices: DerivedNoticeStore
    endpoints: EndpointStore
    notice_sender: NoticeSender
    processes: PendingProcesses
    index: RankIndex
    feed: ChangeFeed
    limiter: RateLimiter
    telemetry: Telemetry
    exposition: Exposition
    clock: Clock
    clock_us: Clock
    new_submission_id: Callable[[], UUID] = uuid4
    tracer: Tracer | None = None
    tokens: TokenVerifier | None = None
    signer: TokenSigner | None = None
    notice_signer: NoticeSigner | None = None
    identity: IdentityProvider | None = None
    load_history: HistoryLoader | None = None
    claim_names: NameClaimer | None = None
    release_stale_claims: StaleClaimReleaser | None = None
    queue: SubmissionQueue | None = None
    opens: Sequence[Callable[[], Awaitable[object]]] = ()
    renews: Sequence[Callable[[], Awaitable[object]]] = ()
    closes: Sequence[Close] = ()
