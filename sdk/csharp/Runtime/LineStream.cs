using System;
using System.IO;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace LeaderForge
{
    /// <summary>Open response of which lines arrive one after another.</summary>
    internal sealed class LineStream : IDisposable
    {
        /// <summary>The service sends a line every 15 s, therefore this silence means a lost connection.</summary>
        private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

        private readonly HttpResponseMessage response;
        private readonly StreamReader lines;

        public LineStream(HttpResponseMessage response, Stream stream)
        {
            this.response = response;
            lines = new StreamReader(stream, Encoding.UTF8);
        }

        /// <summary>
        /// Return the next line, null at the end. Throws <see cref="NetworkException"/> after 45 s of silence.
        /// </summary>
        public async Task<string> ReadAsync(CancellationToken cancellation)
        {
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            {
                limit.CancelAfter(Silence);
                return await Failures
                    .TranslatedAsync(() => Failures.Bounded(lines.ReadLineAsync(), limit.Token), cancellation)
                    .ConfigureAwait(false);
            }
        }

        public void Dispose()
        {
            response.Dispose();
            lines.Dispose();
        }
    }
}
