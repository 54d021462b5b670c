using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace LeaderForge
{
    /// <summary>ETag of the last response to a poll.</summary>
    internal sealed class Tag
    {
        public string Value { get; set; }
    }

    /// <summary>Request, and the rules for its tries.</summary>
    internal sealed class Attempt
    {
        public Attempt(string method, string path)
        {
            Method = method;
            Path = path;
        }

        public string Method { get; }

        public string Path { get; }

        /// <summary>Parameters. Those that are null are not sent.</summary>
        public IReadOnlyDictionary<string, object> Query { get; set; }

        public object Body { get; set; }

        public string Credential { get; set; }

        /// <summary>Whether a second execution does no harm.</summary>
        public bool MayRepeat { get; set; } = true;

        public Tag Tag { get; set; }

        /// <summary>Whether an answer is whole. Another one counts as a broken connection.</summary>
        public Func<object, bool> IsComplete { get; set; }

        /// <summary>Id of the last event of a stream.</summary>
        public string LastEventId { get; set; }
    }

    /// <summary>Requests with tries: time limits, jitter, <c>Retry-After</c>, and errors with the server's codes.</summary>
    internal sealed class Transport : IDisposable
    {
        private static readonly HashSet<int> Retried = new HashSet<int> { 408, 425, 429, 500, 502, 503, 504 };

        private readonly string url;
        private readonly ClientOptions options;
        private readonly HttpClient http;
        private readonly Random random = new Random();

        public Transport(string url, ClientOptions options)
        {
            this.url = url.TrimEnd('/');
            this.options = options;
            var handler = options.Handler ?? new HttpClientHandler
            {
                UseCookies = false,
                AllowAutoRedirect = false, // the key must not follow to another host
                MaxConnectionsPerServer = 16, // on Mono 2 by default: two streams would block all other calls
            };
            http = new HttpClient(handler, options.Handler == null) { Timeout = Timeout.InfiniteTimeSpan };
        }

        public void Emit(string kind, params (string, object)[] facts)
        {
            options.OnEvent?.Invoke(new TelemetryEvent(kind, facts.ToDictionary(fact => fact.Item1, fact => fact.Item2)));
        }

        /// <summary>Return the JSON of the response, null for 204 and 304, after at most <c>Tries</c> tries.</summary>
        public async Task<object> SendAsync(Attempt attempt, CancellationToken cancellation)
        {
            for (var number = 1; ; number++)
            {
                TimeSpan wait;
                try
                {
                    return await OnceAsync(attempt, number, cancellation).ConfigureAwait(false);
                }
                catch (LeaderForgeException error) when (
                    attempt.MayRepeat && number < options.Tries && MayRetry(error))
                {
                    wait = Backoff(number) + ((error as ApiException)?.RetryAfter ?? TimeSpan.Zero);
                    var reason = (error as ApiException)?.Code ?? "network";
                    Emit(
                        "retry",
                        ("method", attempt.Method),
                        ("path", attempt.Path),
                        ("wait_s", wait.TotalSeconds),
                        ("reason", reason));
                }
                await WaitAsync(wait, cancellation).ConfigureAwait(false);
            }
        }

        /// <summary>Open a stream. The token ends it.</summary>
        public async Task<LineStream> OpenAsync(Attempt attempt, CancellationToken cancellation)
        {
            var request = Request(attempt);
            request.Headers.Add("Accept", "text/event-stream");
            if (!string.IsNullOrEmpty(attempt.LastEventId)) request.Headers.Add("Last-Event-ID", attempt.LastEventId);
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            {
                limit.CancelAfter(options.Timeout);
                return await Failures.TranslatedAsync(() => OpenAsync(request, attempt, limit.Token), cancellation)
                    .ConfigureAwait(false);
            }
        }

        /// <summary>Return a random wait before the try after this one (full jitter).</summary>
        public TimeSpan Backoff(int number)
        {
            var doubled = options.Backoff.TotalSeconds * Math.Pow(2, number - 1);
            var longest = Math.Min(options.LongestBackoff.TotalSeconds, doubled);
            lock (random) return TimeSpan.FromSeconds(longest * random.NextDouble());
        }

        public async Task WaitAsync(TimeSpan wait, CancellationToken cancellation)
        {
            await options.Delay(wait, cancellation).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
        }

        public void Dispose()
        {
            http.Dispose();
        }

        private async Task<object> OnceAsync(Attempt attempt, int number, CancellationToken cancellation)
        {
            var begin = DateTime.UtcNow;
            var status = 0;
            try
            {
                return await Failures.TranslatedAsync(
                    async () =>
                    {
                        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
                        using (var request = Request(attempt))
                        {
                            limit.CancelAfter(options.Timeout);
                            const HttpCompletionOption Whole = HttpCompletionOption.ResponseContentRead;
                            var sending = http.SendAsync(request, Whole, limit.Token);
                            using (var response = await Failures.Bounded(sending, limit.Token).ConfigureAwait(false))
                            {
                                status = (int)response.StatusCode;
                                return await AnswerAsync(response, attempt).ConfigureAwait(false);
                            }
                        }
                    },
                    cancellation).ConfigureAwait(false);
            }
            finally
            {
                Emit(
                    "request",
                    ("method", attempt.Method),
                    ("path", attempt.Path),
                    ("attempt", number),
                    ("status", status),
                    ("elapsed_s", (DateTime.UtcNow - begin).TotalSeconds));
            }
        }

        private async Task<LineStream> OpenAsync(
            HttpRequestMessage request, Attempt attempt, CancellationToken cancellation)
        {
            var sending = http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var response = await Failures.Bounded(sending, cancellation).ConfigureAwait(false);
            if ((int)response.StatusCode == 200)
            {
                return new LineStream(response, await response.Content.ReadAsStreamAsync().ConfigureAwait(false));
            }
            using (response) await AnswerAsync(response, attempt).ConfigureAwait(false);
            throw new NetworkException("unexpected status " + (int)response.StatusCode);
        }

        private HttpRequestMessage Request(Attempt attempt)
        {
            var request = new HttpRequestMessage(new HttpMethod(attempt.Method), url + attempt.Path + Encoded(attempt.Query));
            request.Headers.ExpectContinue = false;
            if (attempt.Credential != null) request.Headers.Add("Authorization", "Bearer " + attempt.Credential);
            if (!string.IsNullOrEmpty(attempt.Tag?.Value))
            {
                request.Headers.TryAddWithoutValidation("If-None-Match", attempt.Tag.Value);
            }
            if (attempt.Body != null)
            {
                request.Content = new StringContent(Json.Write(attempt.Body), Encoding.UTF8, "application/json");
            }
            return request;
        }

        private static string Encoded(IReadOnlyDictionary<string, object> query)
        {
            var present = (query ?? new Dictionary<string, object>()).Where(pair => pair.Value != null);
            var pairs = present.Select(pair => pair.Key + "=" + Uri.EscapeDataString(
                Convert.ToString(pair.Value, CultureInfo.InvariantCulture)));
            var text = string.Join("&", pairs);
            return text.Length == 0 ? "" : "?" + text;
        }

        private static async Task<object> AnswerAsync(HttpResponseMessage response, Attempt attempt)
        {
            var status = (int)response.StatusCode;
            if (status == 204 || status == 304) return null;
            var content = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
            // Mono returns the first part of a content whose connection ended early.
            if (response.Content.Headers.ContentLength > content.Length) throw new NetworkException("the answer was cut");
            var answer = Parsed(status, content);
            if (status >= 400) throw Refusal(response, answer);
            if (!(answer is IReadOnlyDictionary<string, object>) && !(answer is IReadOnlyList<object>))
            {
                throw Unreadable(status, null);
            }
            if (attempt.IsComplete != null && !attempt.IsComplete(answer))
            {
                throw new NetworkException("the answer is not the service's");
            }
            if (attempt.Tag != null) attempt.Tag.Value = Header(response, "ETag");
            return answer;
        }

        private static object Parsed(int status, byte[] content)
        {
            try
            {
                return Json.Parse(Encoding.UTF8.GetString(content));
            }
            catch (FormatException error)
            {
                throw Unreadable(status, error);
            }
        }

        private static LeaderForgeException Refusal(HttpResponseMessage response, object answer)
        {
            var status = (int)response.StatusCode;
            try
            {
                var error = Members.Fields(answer).Object("error", json => json);
                var retryAfter = ReadRetryAfter(Header(response, "Retry-After"));
                return ApiException.Of(status, error, Header(response, "X-Request-Id"), retryAfter);
            }
            catch (FormatException error)
            {
                return Unreadable(status, error);
            }
        }

        /// <summary>
        /// Return the error of an answer that a proxy or a captive portal gave. Its page says nothing about the score.
        /// </summary>
        private static LeaderForgeException Unreadable(int status, Exception cause)
        {
            if (status < 400 || Retried.Contains(status))
            {
                return new NetworkException("the answer with status " + status + " is not JSON of the service", cause);
            }
            return new ApiException(status, Codes.Unknown, "status " + status + " without an error object");
        }

        /// <summary>Return the delay of a <c>Retry-After</c> header, which has seconds or a date.</summary>
        private static TimeSpan? ReadRetryAfter(string value)
        {
            if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
            {
                return TimeSpan.FromSeconds(Math.Min(Math.Max(0, seconds), TimeSpan.MaxValue.TotalSeconds / 2));
            }
            const DateTimeStyles Style = DateTimeStyles.AssumeUniversal;
            if (!DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, Style, out var time)) return null;
            var delay = time - DateTimeOffset.UtcNow;
            return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
        }

        private static string Header(HttpResponseMessage response, string name)
        {
            return response.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;
        }

        private bool MayRetry(LeaderForgeException error)
        {
            if (!(error is ApiException refusal)) return error is NetworkException;
            return Retried.Contains(refusal.Status) && (refusal.RetryAfter ?? TimeSpan.Zero) <= options.LongestWait;
        }
    }
}
