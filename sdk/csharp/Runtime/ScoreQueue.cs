using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace LeaderForge
{
    /// <summary>
    /// Queue of scores in the order of their submission, and the values of a session. Safe for use by several threads.
    /// </summary>
    public sealed class ScoreQueue : IDisposable
    {
        /// <summary>Number of entries without effect after which the file is rewritten.</summary>
        private const int DeadEntries = 1000;

        private readonly object gate = new object();
        private readonly int capacity;
        private readonly Journal journal;
        private readonly Dictionary<string, QueuedScore> scores = new Dictionary<string, QueuedScore>();
        private Dictionary<string, object> session = new Dictionary<string, object>();
        private long accepted;
        private int entries;
        private Task writing = Task.CompletedTask;

        internal ScoreQueue(string path, int capacity)
        {
            this.capacity = capacity;
            if (path == null) return;
            journal = new Journal(path);
            foreach (var entry in journal.Read()) Apply(entry);
        }

        /// <summary>Return the first scores that wait, all by default.</summary>
        public IReadOnlyList<QueuedScore> Pending(int limit = int.MaxValue)
        {
            lock (gate) return Sorted().Where(score => !(score is RejectedScore)).Take(limit).ToList();
        }

        /// <summary>Return the scores that the service refused.</summary>
        public IReadOnlyList<RejectedScore> Rejected()
        {
            lock (gate) return Sorted().OfType<RejectedScore>().ToList();
        }

        /// <summary>Return the number of scores that were ever added to this queue.</summary>
        public long AcceptedCount()
        {
            lock (gate) return accepted;
        }

        /// <summary>
        /// Number of damaged lines that were moved to the file with the ending <c>.damaged</c> when this queue was opened.
        /// </summary>
        public int Damaged => journal?.Damaged ?? 0;

        /// <summary>Let a refused score be sent again, in its old place. Return false if there is none with this id.</summary>
        public bool Requeue(string submissionId)
        {
            lock (gate)
            {
                if (!scores.TryGetValue(submissionId, out var score) || !(score is RejectedScore)) return false;
                Append(Entry("requeue", submissionId));
                return true;
            }
        }

        /// <summary>Delete a score. Return false if there is none with this id.</summary>
        public bool Discard(string submissionId)
        {
            lock (gate)
            {
                if (!scores.ContainsKey(submissionId)) return false;
                Append(Entry("discard", submissionId));
                return true;
            }
        }

        /// <summary>Close the file, and release it for other clients.</summary>
        public void Dispose()
        {
            lock (gate) journal?.Dispose();
        }

        /// <summary>
        /// Append a score in the background, in the order of the calls. A score with this id is returned as it is
        /// stored. Throws <see cref="QueueFullException"/>.
        /// </summary>
        internal Task<QueuedScore> AddAsync(string submissionId, IReadOnlyDictionary<string, object> body)
        {
            return InOrder(() => Add(submissionId, body));
        }

        /// <summary>Remove delivered scores and note refusals, at once.</summary>
        internal Task SettleAsync(IReadOnlyList<string> delivered, IReadOnlyList<RejectedScore> rejected)
        {
            return InOrder(() => Write(Settlement(delivered, rejected)));
        }

        /// <summary>Return the value of the session with this name, null without one.</summary>
        internal string Session(string name)
        {
            lock (gate) return session.OptionalText(name);
        }

        /// <summary>Set values of the session, durably. Null deletes a value.</summary>
        internal Task SetSessionAsync(IReadOnlyDictionary<string, object> values)
        {
            return InOrder(() => Write(Entry("session", values)));
        }

        private Task<T> InOrder<T>(Func<T> write)
        {
            lock (gate)
            {
                var next = writing.ContinueWith(
                    _ => write(),
                    CancellationToken.None,
                    TaskContinuationOptions.DenyChildAttach,
                    TaskScheduler.Default);
                writing = next;
                return next;
            }
        }

        private QueuedScore Add(string submissionId, IReadOnlyDictionary<string, object> body)
        {
            lock (gate)
            {
                if (scores.TryGetValue(submissionId, out var stored)) return stored;
                if (scores.Count >= capacity) throw new QueueFullException(capacity);
                Append(Entry("add", Written(new QueuedScore(accepted + 1, submissionId, body))));
                return scores[submissionId];
            }
        }

        private bool Write(IReadOnlyDictionary<string, object> entry)
        {
            lock (gate) Append(entry);
            return true;
        }

        private void Append(IReadOnlyDictionary<string, object> entry)
        {
            journal?.Append(entry);
            Apply(entry);
            if (journal == null || entries <= scores.Count + DeadEntries) return;
            var live = Live().ToList();
            journal.TryReplace(live);
            entries = live.Count;
        }

        private IEnumerable<QueuedScore> Sorted()
        {
            return scores.Values.OrderBy(score => score.Position);
        }

        /// <summary>Return the entries that lead to the present state.</summary>
        private IEnumerable<IReadOnlyDictionary<string, object>> Live()
        {
            yield return Entry("session", session);
            foreach (var score in Sorted()) yield return Entry("add", Written(score));
            yield return Settlement(new string[0], Sorted().OfType<RejectedScore>().ToList());
            yield return Entry("accepted", accepted);
        }

        private void Apply(IReadOnlyDictionary<string, object> entry)
        {
            entries++;
            var change = entry.Single();
            switch (change.Key)
            {
                case "add":
                    var score = ReadScore(change.Value);
                    scores[score.SubmissionId] = score;
                    accepted = Math.Max(accepted, score.Position);
                    break;
                case "settle":
                    ApplySettlement(Members.Fields(change.Value));
                    break;
                case "requeue":
                    if (!scores.TryGetValue((string)change.Value, out var refused)) break;
                    var waiting = new QueuedScore(refused.Position, refused.SubmissionId, refused.Body);
                    scores[waiting.SubmissionId] = waiting;
                    break;
                case "discard":
                    scores.Remove((string)change.Value);
                    break;
                case "session":
                    var values = session.Concat(Members.Fields(change.Value)).GroupBy(member => member.Key);
                    session = values.ToDictionary(group => group.Key, group => group.Last().Value);
                    break;
                case "accepted":
                    accepted = Math.Max(accepted, (long)change.Value);
                    break;
            }
        }

        private void ApplySettlement(IReadOnlyDictionary<string, object> settled)
        {
            foreach (var submissionId in settled.List("delivered", item => (string)item)) scores.Remove(submissionId);
            foreach (var refusal in settled.List("rejected", Members.Fields))
            {
                // A score that was discarded during its flush is gone.
                if (!scores.TryGetValue(refusal.Text("submission_id"), out var score)) continue;
                scores[score.SubmissionId] = new RejectedScore(score, refusal.Text("code"), refusal.Text("message"));
            }
        }

        private static IReadOnlyDictionary<string, object> Settlement(
            IReadOnlyList<string> delivered, IReadOnlyList<RejectedScore> rejected)
        {
            var refusals = rejected.Select(score => (object)new Dictionary<string, object>
            {
                ["submission_id"] = score.SubmissionId,
                ["code"] = score.Code,
                ["message"] = score.Message,
            });
            var settled = new Dictionary<string, object>
            {
                ["delivered"] = delivered.ToList<object>(),
                ["rejected"] = refusals.ToList(),
            };
            return Entry("settle", settled);
        }

        private static IReadOnlyDictionary<string, object> Written(QueuedScore score)
        {
            return new Dictionary<string, object>
            {
                ["position"] = score.Position,
                ["submission_id"] = score.SubmissionId,
                ["body"] = score.Body,
            };
        }

        private static QueuedScore ReadScore(object value)
        {
            var json = Members.Fields(value);
            return new QueuedScore(
                json.Integer("position"), json.Text("submission_id"), json.Object("body", body => body));
        }

        private static IReadOnlyDictionary<string, object> Entry(string kind, object value)
        {
            return new Dictionary<string, object> { [kind] = value };
        }
    }
}
