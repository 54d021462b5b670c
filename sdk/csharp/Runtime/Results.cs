using System.Collections.Generic;

namespace LeaderForge
{
    /// <summary>Score in the queue.</summary>
    public class QueuedScore
    {
        internal QueuedScore(long position, string submissionId, IReadOnlyDictionary<string, object> body)
        {
            Position = position;
            SubmissionId = submissionId;
            Body = body;
        }

        /// <summary>Place in the queue, monotonic over the life of the queue's file.</summary>
        public long Position { get; }

        /// <summary>Id of the submission, by which a retry counts once.</summary>
        public string SubmissionId { get; }

        /// <summary>Members of the submission, as the service receives them.</summary>
        public IReadOnlyDictionary<string, object> Body { get; }
    }

    /// <summary>
    /// Score that the service refused. It stays in the queue's file until <see cref="ScoreQueue.Requeue"/> or
    /// <see cref="ScoreQueue.Discard"/>.
    /// </summary>
    public sealed class RejectedScore : QueuedScore
    {
        internal RejectedScore(QueuedScore score, string code, string message)
            : base(score.Position, score.SubmissionId, score.Body)
        {
            Code = code;
            Message = message;
        }

        /// <summary>Code of the refusal.</summary>
        public string Code { get; }

        /// <summary>Message of the refusal.</summary>
        public string Message { get; }
    }

    /// <summary>State of a submission that is durable.</summary>
    public enum SubmissionState
    {
        /// <summary>The score waits in the queue of this client, because the service could not be reached.</summary>
        Waiting,

        /// <summary>The service has queued the score, and counts it a moment later.</summary>
        Accepted,

        /// <summary>The score counts.</summary>
        Counted,
    }

    /// <summary>Submission that is durable.</summary>
    public sealed class Submitted
    {
        internal Submitted(string submissionId, SubmissionState state, ReceiptOut receipt)
        {
            SubmissionId = submissionId;
            State = state;
            Receipt = receipt;
        }

        /// <summary>Id of the submission.</summary>
        public string SubmissionId { get; }

        /// <summary>Whether the score counts already.</summary>
        public SubmissionState State { get; }

        /// <summary>Receipt of a score that counts, null in another state.</summary>
        public ReceiptOut Receipt { get; }
    }

    /// <summary>Result of a flush.</summary>
    public sealed class Flushed
    {
        internal Flushed(
            IReadOnlyDictionary<string, Submitted> delivered, IReadOnlyList<RejectedScore> rejected, int pending)
        {
            Delivered = delivered;
            Rejected = rejected;
            Pending = pending;
        }

        /// <summary>Scores that were delivered, by submission id.</summary>
        public IReadOnlyDictionary<string, Submitted> Delivered { get; }

        /// <summary>Scores that were refused.</summary>
        public IReadOnlyList<RejectedScore> Rejected { get; }

        /// <summary>Number of scores that still wait.</summary>
        public int Pending { get; }
    }
}
