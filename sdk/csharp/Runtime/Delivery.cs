using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace LeaderForge
{
    /// <summary>Sends the scores of a queue, in their order.</summary>
    internal sealed class Delivery
    {
        private readonly Transport transport;
        private readonly Session session;
        private readonly ScoreQueue queue;
        private readonly int batchSize;
        private readonly SemaphoreSlim turn = new SemaphoreSlim(1, 1);
        private readonly object gate = new object();
        private readonly Dictionary<string, Outcome> awaited = new Dictionary<string, Outcome>();

        public Delivery(Transport transport, Session session, ScoreQueue queue, int batchSize)
        {
            this.transport = transport;
            this.session = session;
            this.queue = queue;
            this.batchSize = batchSize;
        }

        /// <summary>
        /// Send all scores up to this one, and return its state. Throws <see cref="ApiException"/> if the service
        /// refuses it.
        /// </summary>
        public async Task<Submitted> DeliverAsync(QueuedScore score, CancellationToken cancellation)
        {
            var outcome = new Outcome { Rejected = score as RejectedScore };
            // A concurrent flush may deliver this score. Its result is needed all the same.
            lock (gate) awaited[score.SubmissionId] = outcome;
            try
            {
                await FlushAsync(score.Position, cancellation).ConfigureAwait(false);
            }
            catch (LeaderForgeException error) when (MayWait(error))
            {
                // The score stays in the queue.
            }
            finally
            {
                lock (gate) awaited.Remove(score.SubmissionId);
            }
            if (outcome.Rejected != null) throw new ApiException(0, outcome.Rejected.Code, outcome.Rejected.Message);
            return outcome.Delivered ?? new Submitted(score.SubmissionId, SubmissionState.Waiting, null);
        }

        /// <summary>Send all scores up to this position.</summary>
        public async Task<Flushed> FlushAsync(long until, CancellationToken cancellation)
        {
            await turn.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                var delivered = new Dictionary<string, Submitted>();
                var rejected = new List<RejectedScore>();
                var size = batchSize;
                while (true)
                {
                    var batch = queue.Pending(size).Where(score => score.Position <= until).ToList();
                    if (batch.Count == 0) break;
                    var outcomes = await ReadableAsync(batch, cancellation).ConfigureAwait(false);
                    size = outcomes == null ? batch.Count / 2 : batchSize;
                    if (outcomes == null) continue;
                    var settled = await SettleAsync(outcomes, delivered, rejected).ConfigureAwait(false);
                    if (settled < batch.Count) break; // the service cannot count some of them at present
                }
                return new Flushed(delivered, rejected, queue.Pending().Count);
            }
            finally
            {
                turn.Release();
            }
        }

        private static bool MayWait(LeaderForgeException error)
        {
            if (error is NetworkException || error is QueueUnwritableException) return true;
            return error is ApiException refusal && Codes.IsTransient(refusal.Code);
        }

        /// <summary>
        /// Send a batch. Return null if the service cannot read one of several scores, and reject a single one.
        /// </summary>
        private async Task<IReadOnlyList<Outcome>> ReadableAsync(
            IReadOnlyList<QueuedScore> batch, CancellationToken cancellation)
        {
            try
            {
                return await SendAsync(batch, cancellation).ConfigureAwait(false);
            }
            catch (InvalidException error) when (error.Code != Codes.Unknown)
            {
                if (batch.Count > 1) return null;
                return new[] { new Outcome { Rejected = new RejectedScore(batch[0], error.Code, error.Reason) } };
            }
        }

        private async Task<IReadOnlyList<Outcome>> SendAsync(
            IReadOnlyList<QueuedScore> batch, CancellationToken cancellation)
        {
            IReadOnlyList<Outcome> outcomes = null;
            var submissions = batch.Select(score => (object)score.Body).ToList();
            var attempt = new Attempt("POST", "/api/scores/batch")
            {
                Body = new Dictionary<string, object> { ["submissions"] = submissions },
                IsComplete = answer => (outcomes = Outcomes(answer, batch)) != null,
            };
            await session.AuthorizedAsync(attempt, transport.SendAsync, cancellation).ConfigureAwait(false);
            return outcomes;
        }

        /// <summary>Make the outcomes of a batch durable. Return how many scores are settled.</summary>
        private async Task<int> SettleAsync(
            IReadOnlyList<Outcome> outcomes, Dictionary<string, Submitted> delivered, List<RejectedScore> rejected)
        {
            var counted = outcomes.Select(outcome => outcome.Delivered).Where(score => score != null).ToList();
            var refused = outcomes.Select(outcome => outcome.Rejected).Where(score => score != null).ToList();
            // Before the file is written: a score that is counted is no failure for its caller if the disk is full.
            NoteOutcomes(counted, refused);
            await queue.SettleAsync(counted.Select(score => score.SubmissionId).ToList(), refused).ConfigureAwait(false);
            rejected.AddRange(refused);
            foreach (var score in counted)
            {
                delivered[score.SubmissionId] = score;
                transport.Emit("delivered", ("submission_id", score.SubmissionId));
            }
            foreach (var score in refused)
            {
                transport.Emit("rejected", ("submission_id", score.SubmissionId), ("code", score.Code));
            }
            return counted.Count + refused.Count;
        }

        private void NoteOutcomes(IEnumerable<Submitted> counted, IEnumerable<RejectedScore> refused)
        {
            lock (gate)
            {
                foreach (var score in counted)
                {
                    if (awaited.TryGetValue(score.SubmissionId, out var outcome)) outcome.Delivered = score;
                }
                foreach (var score in refused)
                {
                    if (awaited.TryGetValue(score.SubmissionId, out var outcome)) outcome.Rejected = score;
                }
            }
        }

        /// <summary>Return the outcomes in an answer, null if it is not the service's answer to this batch.</summary>
        private static IReadOnlyList<Outcome> Outcomes(object answer, IReadOnlyList<QueuedScore> batch)
        {
            try
            {
                var results = Members.Fields(answer).List("results", Members.Fields);
                return results.Count == batch.Count ? batch.Zip(results, Outcome.Of).ToList() : null;
            }
            catch (FormatException)
            {
                return null;
            }
        }

        /// <summary>Outcome of a score: delivered, rejected, or neither while the service cannot count it.</summary>
        private sealed class Outcome
        {
            public Submitted Delivered { get; set; }

            public RejectedScore Rejected { get; set; }

            public static Outcome Of(QueuedScore score, IReadOnlyDictionary<string, object> result)
            {
                var error = result.OptionalObject("error", json => json);
                if (error == null) return new Outcome { Delivered = Receipt(score.SubmissionId, result) };
                if (Codes.IsTransient(error.Text("code"))) return new Outcome();
                return new Outcome { Rejected = new RejectedScore(score, error.Text("code"), error.Text("message")) };
            }

            private static Submitted Receipt(string submissionId, IReadOnlyDictionary<string, object> result)
            {
                return result.OptionalTruth("queued") == true
                    ? new Submitted(submissionId, SubmissionState.Accepted, null)
                    : new Submitted(submissionId, SubmissionState.Counted, new ReceiptOut(result));
            }
        }
    }
}
