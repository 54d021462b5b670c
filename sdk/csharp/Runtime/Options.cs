using System;
using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace LeaderForge
{
    /// <summary>Event for logs and metrics. It contains no key, token or secret.</summary>
    public sealed class TelemetryEvent
    {
        internal TelemetryEvent(string kind, IReadOnlyDictionary<string, object> facts)
        {
            Kind = kind;
            Facts = facts;
        }

        /// <summary>
        /// <c>request</c>, <c>retry</c>, <c>queued</c>, <c>delivered</c>, <c>rejected</c>, <c>session</c> or
        /// <c>stream</c>.
        /// </summary>
        public string Kind { get; }

        /// <summary>Numbers and texts of the event, by name. Times are in s.</summary>
        public IReadOnlyDictionary<string, object> Facts { get; }
    }

    /// <summary>
    /// Credentials and limits of a client. A retry waits a random time up to <see cref="Backoff"/>, doubled with each
    /// try up to <see cref="LongestBackoff"/>, on top of the server's <c>Retry-After</c>. If that exceeds
    /// <see cref="LongestWait"/>, the call fails instead.
    /// </summary>
    public sealed class ClientOptions
    {
        /// <summary>API key. Never put one into a game: use player tokens there.</summary>
        public string Key { get; set; }

        /// <summary>Player token of your own server.</summary>
        public string Token { get; set; }

        /// <summary>
        /// Function that returns the present player token of your own server. It is called for each request, and once
        /// more after a refusal.
        /// </summary>
        public Func<CancellationToken, Task<string>> TokenSource { get; set; }

        /// <summary>
        /// Path of the file that keeps scores and the session, such as one in <c>Application.persistentDataPath</c>.
        /// Without it, both are lost with the process.
        /// </summary>
        public string QueuePath { get; set; }

        /// <summary>Number of scores that the queue can have.</summary>
        public int QueueCapacity { get; set; } = 10000;

        /// <summary>Number of scores in one request.</summary>
        public int BatchSize { get; set; } = 50;

        /// <summary>Time limit of one try.</summary>
        public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>Number of tries of a call.</summary>
        public int Tries { get; set; } = 5;

        /// <summary>Longest wait before the first retry.</summary>
        public TimeSpan Backoff { get; set; } = TimeSpan.FromSeconds(0.25);

        /// <summary>Longest wait before any retry, without the server's <c>Retry-After</c>.</summary>
        public TimeSpan LongestBackoff { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>Longest <c>Retry-After</c> that a call waits for.</summary>
        public TimeSpan LongestWait { get; set; } = TimeSpan.FromSeconds(60);

        /// <summary>Function that receives all events, on the thread where they happen.</summary>
        public Action<TelemetryEvent> OnEvent { get; set; }

        /// <summary>Function that waits in place of the clock, for tests of a game.</summary>
        public Func<TimeSpan, CancellationToken, Task> Delay { get; set; } = Task.Delay;

        /// <summary>Sender of the requests, such as one for a proxy. By default an <see cref="HttpClientHandler"/>.</summary>
        public HttpMessageHandler Handler { get; set; }
    }

    /// <summary>Members of a submission beside its board and score.</summary>
    public sealed class ScoreDetails
    {
        /// <summary>Player. By default the one that is signed in.</summary>
        public long? UserId { get; set; }

        /// <summary>Player by its id in another system, in place of <see cref="UserId"/>.</summary>
        public string ExternalId { get; set; }

        /// <summary>Second score, for boards that have one.</summary>
        public long? Subscore { get; set; }

        /// <summary>Metadata that is shown with the score: values that <see cref="Json"/> can write.</summary>
        public IReadOnlyDictionary<string, object> Metadata { get; set; }

        /// <summary>Up to 8 named integers of the run, such as its time.</summary>
        public IReadOnlyDictionary<string, long> Numbers { get; set; }

        /// <summary>Time of the score. By default now, for a client with a key; tokens may not set it.</summary>
        public DateTimeOffset? AchievedAt { get; set; }

        /// <summary>Id of the submission. By default a new one.</summary>
        public string SubmissionId { get; set; }
    }
}
