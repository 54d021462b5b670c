using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace LeaderForge
{
    /// <summary>
    /// Asynchronous iterator, as C# 7 has none: <c>while (await items.MoveNextAsync()) Use(items.Current);</c>. Dispose
    /// it to end its requests. Use it from one thread at a time.
    /// </summary>
    /// <typeparam name="T">Type of the items.</typeparam>
    public sealed class Items<T> : IDisposable
    {
        private readonly Func<CancellationToken, Task<IReadOnlyList<T>>> load;
        private readonly Queue<T> loaded = new Queue<T>();
        private readonly CancellationTokenSource ending;

        /// <summary>Make an iterator of a function that returns the next items, null at the end.</summary>
        internal Items(Func<CancellationToken, Task<IReadOnlyList<T>>> load, CancellationToken cancellation)
        {
            this.load = load;
            ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        }

        /// <summary>Item at which the iterator stands.</summary>
        public T Current { get; private set; }

        /// <summary>Go to the next item, and wait for it. Return false at the end.</summary>
        public async Task<bool> MoveNextAsync()
        {
            while (loaded.Count == 0)
            {
                var next = await load(ending.Token).ConfigureAwait(false);
                if (next == null) return false;
                foreach (var item in next) loaded.Enqueue(item);
            }
            Current = loaded.Dequeue();
            return true;
        }

        /// <summary>End the iterator, and its connection.</summary>
        public void Dispose()
        {
            ending.Cancel();
        }
    }
}
