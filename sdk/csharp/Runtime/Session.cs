using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;

namespace LeaderForge
{
    /// <summary>Credentials of a client: a key, a token of the game's own server, or the session of a device.</summary>
    internal sealed class Session
    {
        private const int SecretBytes = 32;

        private readonly Transport transport;
        private readonly ScoreQueue queue;
        private readonly ClientOptions options;
        private readonly SemaphoreSlim turn = new SemaphoreSlim(1, 1);

        public Session(Transport transport, ScoreQueue queue, ClientOptions options)
        {
            this.transport = transport;
            this.queue = queue;
            this.options = options;
        }

        /// <summary>Player that is signed in, null without one.</summary>
        public long? UserId
        {
            get
            {
                var text = queue.Session("user_id");
                return text == null ? (long?)null : long.Parse(text, CultureInfo.InvariantCulture);
            }
        }

        /// <summary>Send a request with the credentials. A refused token is replaced once.</summary>
        public async Task<T> AuthorizedAsync<T>(
            Attempt attempt, Func<Attempt, CancellationToken, Task<T>> send, CancellationToken cancellation)
        {
            var token = queue.Session("token");
            try
            {
                attempt.Credential = await CredentialAsync(cancellation).ConfigureAwait(false);
                return await send(attempt, cancellation).ConfigureAwait(false);
            }
            catch (UnauthenticatedException) when (CanRefresh)
            {
                await ExclusivelyAsync(() => RefreshAsync(token, cancellation), cancellation).ConfigureAwait(false);
            }
            attempt.Credential = await CredentialAsync(cancellation).ConfigureAwait(false);
            return await send(attempt, cancellation).ConfigureAwait(false);
        }

        public Task<SessionOut> SignInDeviceAsync(string username, string secret, CancellationToken cancellation)
        {
            return ExclusivelyAsync(() => SignInAsync(username, secret, cancellation), cancellation);
        }

        /// <summary>End the session. The secret of the device stays, so that the same player can sign in again.</summary>
        public Task SignOutAsync(CancellationToken cancellation)
        {
            // A refresh that runs starts another session, which ends here too.
            return ExclusivelyAsync(() => EndAsync(cancellation), cancellation);
        }

        private bool CanRefresh => options.TokenSource != null || queue.Session("refresh_token") != null;

        private async Task<object> EndAsync(CancellationToken cancellation)
        {
            var token = queue.Session("refresh_token");
            try
            {
                if (token != null) await PostAsync("revoke", "refresh_token", token, null, cancellation).ConfigureAwait(false);
            }
            catch (NotFoundException)
            {
                // The session had ended before.
            }
            var ended = new Dictionary<string, object> { ["user_id"] = null, ["token"] = null, ["refresh_token"] = null };
            await queue.SetSessionAsync(ended).ConfigureAwait(false);
            transport.Emit("session", ("state", "ended"));
            return null;
        }

        private async Task<string> CredentialAsync(CancellationToken cancellation)
        {
            if (options.Key != null) return options.Key;
            if (options.TokenSource != null) return await options.TokenSource(cancellation).ConfigureAwait(false);
            return options.Token ?? queue.Session("token");
        }

        private async Task<SessionOut> SignInAsync(string username, string secret, CancellationToken cancellation)
        {
            secret = secret ?? queue.Session("secret") ?? NewSecret();
            // Durable before the first try: a lost secret would lose the player.
            await queue.SetSessionAsync(new Dictionary<string, object> { ["secret"] = secret }).ConfigureAwait(false);
            var answer = await PostAsync("device", "secret", secret, username, cancellation).ConfigureAwait(false);
            return await StartAsync(answer, "started").ConfigureAwait(false);
        }

        /// <summary>Replace a refused token, unless another call has replaced it already.</summary>
        private async Task<SessionOut> RefreshAsync(string refused, CancellationToken cancellation)
        {
            var token = queue.Session("refresh_token");
            if (options.TokenSource != null || token == null || queue.Session("token") != refused) return null;
            try
            {
                var answer = await PostAsync("refresh", "refresh_token", token, null, cancellation).ConfigureAwait(false);
                return await StartAsync(answer, "refreshed").ConfigureAwait(false);
            }
            catch (NotFoundException) when (queue.Session("secret") != null)
            {
                return await SignInAsync(null, null, cancellation).ConfigureAwait(false);
            }
        }

        private async Task<SessionOut> StartAsync(object answer, string state)
        {
            var session = new SessionOut(Members.Fields(answer));
            // The refresh token is durable before the token is used: a lost one would end the session.
            var values = new Dictionary<string, object>
            {
                ["user_id"] = session.UserId.ToString(CultureInfo.InvariantCulture),
                ["token"] = session.Token,
                ["refresh_token"] = session.RefreshToken,
            };
            await queue.SetSessionAsync(values).ConfigureAwait(false);
            transport.Emit("session", ("state", state), ("user_id", session.UserId));
            return session;
        }

        private Task<object> PostAsync(
            string call, string member, string secret, string username, CancellationToken cancellation)
        {
            var body = new Dictionary<string, object> { [member] = secret };
            if (username != null) body["username"] = username;
            return transport.SendAsync(new Attempt("POST", "/api/auth/" + call) { Body = body }, cancellation);
        }

        private async Task<T> ExclusivelyAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
        {
            await turn.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                return await call().ConfigureAwait(false);
            }
            finally
            {
                turn.Release();
            }
        }

        private static string NewSecret()
        {
            var bytes = new byte[SecretBytes];
            using (var random = RandomNumberGenerator.Create()) random.GetBytes(bytes);
            return BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();
        }
    }
}
