using System;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace LeaderForge
{
    /// <summary>Failures of connections, as errors of this package.</summary>
    internal static class Failures
    {
        /// <summary>
        /// Run a part of a request. Throws <see cref="NetworkException"/> if the connection breaks or a time limit
        /// ends, and <see cref="OperationCanceledException"/> if this token was cancelled.
        /// </summary>
        public static async Task<T> TranslatedAsync<T>(Func<Task<T>> part, CancellationToken cancellation)
        {
            try
            {
                return await part().ConfigureAwait(false);
            }
            catch (Exception) when (cancellation.IsCancellationRequested)
            {
                throw new OperationCanceledException(cancellation);
            }
            catch (OperationCanceledException error)
            {
                throw new NetworkException("no answer within the time limit", error);
            }
            catch (Exception error) when (IsBreak(error))
            {
                throw new NetworkException(error.GetBaseException().Message, error);
            }
        }

        /// <summary>Return the result of a task, unless the token is cancelled first.</summary>
        public static async Task<T> Bounded<T>(Task<T> task, CancellationToken cancellation)
        {
            var cancelled = new TaskCompletionSource<T>();
            using (cancellation.Register(() => cancelled.TrySetCanceled()))
            {
                var first = await Task.WhenAny(task, cancelled.Task).ConfigureAwait(false);
                if (first != task) Forget(task);
                return await first.ConfigureAwait(false);
            }
        }

        /// <summary>Return whether an error means a broken connection. Mono's sockets also throw the last two kinds.</summary>
        private static bool IsBreak(Exception error)
        {
            return error is HttpRequestException || error is IOException || error is ObjectDisposedException ||
                error is InvalidOperationException;
        }

        /// <summary>Observe the failure of an abandoned task, which otherwise would be reported as unobserved.</summary>
        private static void Forget(Task task)
        {
            task.ContinueWith(
                ended => ended.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default);
        }
    }
}
