using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace LeaderForge
{
    /// <summary>
    /// Client of one service and one player or key. Safe for use by several threads. Each call takes a token that
    /// cancels it; queued scores stay.
    /// </summary>
    public sealed class Client : IDisposable
    {
        private static readonly string[] Repeatable = { "GET", "HEAD", "PUT", "DELETE" };

        private readonly ClientOptions options;
        private readonly Transport transport;
        private readonly Session session;
        private readonly Delivery delivery;

        /// <summary>Open the queue's file, and make a client of the service at this address.</summary>
        /// <exception cref="QueueLockedException">Another client has the queue's file.</exception>
        public Client(string url, ClientOptions options = null)
        {
            this.options = options ?? new ClientOptions();
            Queue = new ScoreQueue(this.options.QueuePath, this.options.QueueCapacity);
            transport = new Transport(url, this.options);
            session = new Session(transport, Queue, this.options);
            delivery = new Delivery(transport, session, Queue, this.options.BatchSize);
        }

        /// <summary>Scores that wait or were refused.</summary>
        public ScoreQueue Queue { get; }

        /// <summary>Player that is signed in, null without one.</summary>
        public long? UserId => session.UserId;

        /// <summary>
        /// Sign in by a secret of this device, which the queue's file keeps. The first call creates the player.
        /// </summary>
        public Task<SessionOut> SignInDeviceAsync(
            string username = null, string secret = null, CancellationToken cancellation = default(CancellationToken))
        {
            return session.SignInDeviceAsync(username, secret, cancellation);
        }

        /// <summary>End the session on the server and here. A later sign-in by the device gives the same player.</summary>
        public Task SignOutAsync(CancellationToken cancellation = default(CancellationToken))
        {
            return session.SignOutAsync(cancellation);
        }

        /// <summary>
        /// Make a score durable and send it after all earlier scores. Its state is <c>Waiting</c> while the service
        /// cannot be reached; <see cref="FlushAsync"/> sends it later.
        /// </summary>
        /// <exception cref="ApiException">The service refuses the score.</exception>
        /// <exception cref="QueueFullException">The queue is full.</exception>
        /// <exception cref="NotSignedInException">No player is signed in.</exception>
        public async Task<Submitted> SubmitAsync(
            string board,
            long score,
            ScoreDetails details = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            var queued = await EnqueueAsync(board, score, details).ConfigureAwait(false);
            return await delivery.DeliverAsync(queued, cancellation).ConfigureAwait(false);
        }

        /// <summary>Like <see cref="SubmitAsync"/>, by the difference to the player's score.</summary>
        public async Task<Submitted> SubmitChangeAsync(
            string board,
            long change,
            ScoreDetails details = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            var queued = await EnqueueChangeAsync(board, change, details).ConfigureAwait(false);
            return await delivery.DeliverAsync(queued, cancellation).ConfigureAwait(false);
        }

        /// <summary>Make a score durable without sending it.</summary>
        /// <exception cref="QueueFullException">The queue is full.</exception>
        /// <exception cref="NotSignedInException">No player is signed in.</exception>
        public Task<QueuedScore> EnqueueAsync(string board, long score, ScoreDetails details = null)
        {
            return EnqueueAsync(board, "score", score, details ?? new ScoreDetails());
        }

        /// <summary>Make a difference to the player's score durable without sending it.</summary>
        public Task<QueuedScore> EnqueueChangeAsync(string board, long change, ScoreDetails details = null)
        {
            return EnqueueAsync(board, "change", change, details ?? new ScoreDetails());
        }

        /// <summary>Send all scores that wait. Scores that cannot be delivered stay.</summary>
        /// <exception cref="NetworkException">The service cannot be reached, after all tries.</exception>
        /// <exception cref="ApiException">The service refuses the batch.</exception>
        public Task<Flushed> FlushAsync(CancellationToken cancellation = default(CancellationToken))
        {
            return delivery.FlushAsync(long.MaxValue, cancellation);
        }

        /// <summary>Return the first entries, with a segment those within it, such as <c>country:FI</c>.</summary>
        public async Task<TopOut> TopAsync(
            string board,
            int limit = 10,
            string period = "current",
            string segment = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            var read = Reads.Top(board, limit, period, segment);
            return await GetAsync(read, json => new TopOut(json), cancellation).ConfigureAwait(false);
        }

        /// <summary>Return the entry of a player: by id, by external id, or the player that is signed in.</summary>
        public Task<PlayerOut> RankAsync(
            string board,
            long? userId = null,
            string externalId = null,
            string period = "current",
            string segment = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            var read = Reads.Rank(board, Player(userId, externalId), period, segment);
            return GetAsync(read, json => new PlayerOut(json), cancellation);
        }

        /// <summary>Return a player's entry and its neighbours.</summary>
        public Task<AroundOut> AroundAsync(
            string board,
            long? userId = null,
            string externalId = null,
            int radius = 5,
            string period = "current",
            string segment = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            var read = Reads.Around(board, Player(userId, externalId), radius, period, segment);
            return GetAsync(read, json => new AroundOut(json), cancellation);
        }

        /// <summary>Return the ranks of a player and its friends, among themselves and on the board.</summary>
        public Task<FriendRanksOut> FriendsAsync(
            string board,
            long? userId = null,
            string externalId = null,
            int limit = 10,
            int radius = 5,
            string period = "current",
            string segment = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            var read = Reads.Friends(board, Player(userId, externalId), limit, radius, period, segment);
            return GetAsync(read, json => new FriendRanksOut(json), cancellation);
        }

        /// <summary>Return the settings of a board.</summary>
        public Task<BoardOut> BoardAsync(string board, CancellationToken cancellation = default(CancellationToken))
        {
            return GetAsync(Reads.Board(board), json => new BoardOut(json), cancellation);
        }

        /// <summary>Iterate over all entries from rank 1 on, page by page.</summary>
        public Items<EntryOut> Entries(
            string board,
            int pageSize = 100,
            string period = "current",
            string segment = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            string cursor = null;
            var isLast = false;
            return new Items<EntryOut>(
                async token =>
                {
                    if (isLast) return null;
                    var read = Reads.Page(board, pageSize, cursor, period, segment);
                    var page = await GetAsync(read, json => new PageOut(json), token).ConfigureAwait(false);
                    cursor = page.Next;
                    isLast = cursor == null;
                    return page.Entries;
                },
                cancellation);
        }

        /// <summary>
        /// Iterate over the first entries, now and after each change, by polling with the ETag: every 5 s by default.
        /// </summary>
        public Items<TopOut> Watch(
            string board,
            int limit = 10,
            string period = "current",
            string segment = null,
            TimeSpan? every = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            var read = Reads.Top(board, limit, period, segment);
            read.Tag = new Tag();
            var poll = Polls(read, every ?? TimeSpan.FromSeconds(5));
            return new Items<TopOut>(poll, cancellation);
        }

        /// <summary>
        /// Iterate over the first entries, now and within a second of each change. After a lost connection it resumes
        /// where it was. On a service that cannot stream it polls once a second.
        /// </summary>
        public Items<TopOut> Stream(
            string board,
            int limit = 10,
            string period = "current",
            string segment = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            var read = Reads.Stream(board, limit, period, segment);
            var live = new LiveBoard(transport, (lastId, token) =>
            {
                read.LastEventId = lastId;
                return session.AuthorizedAsync(read, transport.OpenAsync, token);
            });
            Func<CancellationToken, Task<IReadOnlyList<TopOut>>> poll = null;
            return new Items<TopOut>(
                async token =>
                {
                    try
                    {
                        if (poll == null) return await live.NextAsync(token).ConfigureAwait(false);
                    }
                    catch (ApiException error) when (error.Code == "streaming_unavailable")
                    {
                        var top = Reads.Top(board, limit, period, segment);
                        top.Tag = new Tag();
                        poll = Polls(top, TimeSpan.FromSeconds(1));
                    }
                    return await poll(token).ConfigureAwait(false);
                },
                cancellation);
        }

        /// <summary>
        /// Make any other call of the API, and return its JSON as values of <see cref="Json"/>, null for an empty
        /// response. GET, PUT and DELETE are retried; POST is not.
        /// </summary>
        public Task<object> RequestAsync(
            string method,
            string path,
            object body = null,
            IReadOnlyDictionary<string, object> query = null,
            CancellationToken cancellation = default(CancellationToken))
        {
            var attempt = new Attempt(method, path)
            {
                Body = body,
                Query = query,
                MayRepeat = Repeatable.Contains(method),
            };
            return session.AuthorizedAsync(attempt, transport.SendAsync, cancellation);
        }

        /// <summary>Close the connections and the queue's file.</summary>
        public void Dispose()
        {
            transport.Dispose();
            Queue.Dispose();
        }

        private async Task<QueuedScore> EnqueueAsync(string board, string member, long value, ScoreDetails details)
        {
            var submissionId = details.SubmissionId ?? Guid.NewGuid().ToString();
            var body = new Dictionary<string, object>
            {
                ["board"] = board,
                ["submission_id"] = submissionId,
                ["user_id"] = details.UserId,
                ["external_id"] = details.ExternalId,
                [member] = Exact(value),
                ["subscore"] = details.Subscore,
                ["metadata"] = details.Metadata,
                ["numbers"] = details.Numbers?.ToDictionary(pair => pair.Key, pair => (object)pair.Value),
                ["achieved_at"] = Written(details.AchievedAt),
            };
            if (details.UserId == null && details.ExternalId == null)
            {
                body["user_id"] = UserId ?? throw new NotSignedInException();
            }
            // The time of the score, not of its delivery. Tokens may not set it. With an id of the caller, a later call
            // with the same id must have the same content.
            var isTimed = options.Key != null && details.SubmissionId == null && member == "score";
            if (isTimed && details.AchievedAt == null) body["achieved_at"] = Written(DateTimeOffset.UtcNow);
            var present = body.Where(pair => pair.Value != null).ToDictionary(pair => pair.Key, pair => pair.Value);
            var queued = await Queue.AddAsync(submissionId, present).ConfigureAwait(false);
            transport.Emit("queued", ("submission_id", submissionId), ("position", queued.Position));
            return queued;
        }

        /// <summary>Return a score as a number or, if it needs more than 53 bits, as the text of its digits.</summary>
        private static object Exact(long score)
        {
            const long most = 9007199254740991;
            return score >= -most && score <= most ? (object)score : score.ToString(CultureInfo.InvariantCulture);
        }

        private static string Written(DateTimeOffset? time)
        {
            return time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        }

        private Func<CancellationToken, Task<IReadOnlyList<TopOut>>> Polls(Attempt read, TimeSpan every)
        {
            var isFirst = true;
            return async token =>
            {
                while (true)
                {
                    if (!isFirst) await transport.WaitAsync(every, token).ConfigureAwait(false);
                    isFirst = false;
                    var changed = await GetAsync(read, json => new TopOut(json), token).ConfigureAwait(false);
                    if (changed != null) return new[] { changed };
                }
            };
        }

        private async Task<T> GetAsync<T>(
            Attempt read, Func<IReadOnlyDictionary<string, object>, T> convert, CancellationToken cancellation)
            where T : class
        {
            T result = null;
            read.IsComplete = answer =>
            {
                try
                {
                    result = convert(Members.Fields(answer));
                    return true;
                }
                catch (FormatException)
                {
                    return false;
                }
            };
            await session.AuthorizedAsync(read, transport.SendAsync, cancellation).ConfigureAwait(false);
            return result;
        }

        private string Player(long? userId, string externalId)
        {
            if (externalId != null) return "ext:" + Uri.EscapeDataString(externalId);
            var player = userId ?? UserId ?? throw new NotSignedInException();
            return player.ToString(CultureInfo.InvariantCulture);
        }
    }
}
