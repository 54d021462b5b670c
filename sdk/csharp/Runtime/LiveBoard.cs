using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace LeaderForge
{
    /// <summary>Changes of a board by its stream, which resumes after a lost connection.</summary>
    internal sealed class LiveBoard
    {
        private readonly Transport transport;
        private readonly Func<string, CancellationToken, Task<LineStream>> connect;
        private readonly EventReader reader = new EventReader();
        private LineStream connection;
        private int failures;

        /// <summary>`connect` opens the stream after the event with this id, null for the present board.</summary>
        public LiveBoard(Transport transport, Func<string, CancellationToken, Task<LineStream>> connect)
        {
            this.transport = transport;
            this.connect = connect;
        }

        /// <summary>Return the next change. Throws <see cref="ApiException"/> if the service refuses the stream.</summary>
        public async Task<IReadOnlyList<TopOut>> NextAsync(CancellationToken cancellation)
        {
            while (true)
            {
                try
                {
                    var top = await ReadAsync(cancellation).ConfigureAwait(false);
                    failures = 0;
                    return new[] { top };
                }
                catch (NetworkException)
                {
                    reader.Interrupt();
                }
                catch (ApiException error) when (error.Code == "too_many_listeners" || Codes.IsTransient(error.Code))
                {
                    // Another try may succeed.
                }
                var wait = transport.Backoff(++failures);
                transport.Emit("stream", ("state", "interrupted"), ("wait_s", wait.TotalSeconds));
                await transport.WaitAsync(wait, cancellation).ConfigureAwait(false);
            }
        }

        private async Task<TopOut> ReadAsync(CancellationToken cancellation)
        {
            if (connection == null)
            {
                var resumed = reader.LastId != null;
                connection = await connect(reader.LastId, cancellation).ConfigureAwait(false);
                // The end of the iterator also ends the connection between two calls.
                cancellation.Register(connection.Dispose);
                transport.Emit("stream", ("state", "connected"), ("resumed", resumed));
            }
            try
            {
                while (true)
                {
                    var line = await connection.ReadAsync(cancellation).ConfigureAwait(false);
                    if (line == null) throw new NetworkException("the stream ended");
                    var top = reader.Feed(line);
                    if (top != null) return top;
                }
            }
            catch
            {
                connection.Dispose();
                connection = null;
                throw;
            }
        }
    }
}
