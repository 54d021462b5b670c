using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace LeaderForge
{
    /// <summary>
    /// File of JSON lines. Each append is on the disk before it returns. A last line without its end, which a process
    /// left that died while it wrote, is cut off: its call did not return. Damaged lines move to the file with the ending
    /// <c>.damaged</c>. A lock on the file beside it excludes a second process, which would send scores out of order.
    /// </summary>
    internal sealed class Journal : IDisposable
    {
        /// <summary>A buffer would still have the bytes of a failed write, and write them with the next line.</summary>
        private const int Unbuffered = 1;

        private static readonly Encoding Utf8 = new UTF8Encoding(false);

        /// <summary>
        /// Files that this process has open. A second opening would fail too, but release the lock of the first one:
        /// locks of POSIX end when a process closes any handle of their file.
        /// </summary>
        private static readonly HashSet<string> Opened = new HashSet<string>();

        private readonly string path;
        private readonly FileStream guard;
        private FileStream file;

        /// <summary>
        /// Bytes before a failed append, which may have left half a line, or a whole one that was not added.
        /// </summary>
        private long? wholeLength;

        /// <summary>
        /// Open the file, and create it. Throws <see cref="QueueLockedException"/> or
        /// <see cref="QueueUnwritableException"/>.
        /// </summary>
        public Journal(string path)
        {
            this.path = Path.GetFullPath(path);
            lock (Opened) if (!Opened.Add(this.path)) throw new QueueLockedException(path, null);
            try
            {
                guard = Lock(this.path);
                file = OpenEnd();
            }
            catch (Exception error)
            {
                Dispose();
                if (IsOfDisk(error)) throw new QueueUnwritableException(path, error);
                throw;
            }
        }

        /// <summary>Number of lines that <see cref="Read"/> moved to the file with the ending <c>.damaged</c>.</summary>
        public int Damaged { get; private set; }

        /// <summary>
        /// Return the lines of the file. Throws <see cref="QueueUnwritableException"/>, and closes the file then.
        /// </summary>
        public IReadOnlyList<IReadOnlyDictionary<string, object>> Read()
        {
            try
            {
                return ReadLines();
            }
            catch (Exception error) when (IsOfDisk(error))
            {
                Dispose();
                throw new QueueUnwritableException(path, error);
            }
        }

        /// <summary>Append a line. Throws <see cref="QueueUnwritableException"/>; the line was not added.</summary>
        public void Append(object entry)
        {
            try
            {
                CutTornLine();
                wholeLength = file.Length;
                WriteLines(file, new[] { Json.Write(entry) });
                wholeLength = null;
            }
            catch (Exception error) when (IsOfDisk(error))
            {
                TryCutTornLine();
                throw new QueueUnwritableException(path, error);
            }
        }

        /// <summary>
        /// Replace all lines, atomically. A full disk leaves them as they are: their entries are durable, and a caller
        /// that saw an error would add its score once more.
        /// </summary>
        public void TryReplace(IEnumerable<object> entries)
        {
            try
            {
                Replace(entries.Select(Json.Write));
            }
            catch (Exception error) when (IsOfDisk(error))
            {
                // The file is longer than it needs to be.
            }
        }

        public void Dispose()
        {
            file?.Dispose();
            guard?.Dispose();
            lock (Opened) Opened.Remove(path);
        }

        /// <summary>Remove the bytes of a failed append: the next entry must not continue half a line.</summary>
        private void CutTornLine()
        {
            if (wholeLength == null) return;
            file.SetLength(wholeLength.Value);
            file.Seek(0, SeekOrigin.End);
            wholeLength = null;
        }

        private void TryCutTornLine()
        {
            try
            {
                CutTornLine();
            }
            catch (Exception error) when (IsOfDisk(error))
            {
                // The next append tries again, and is refused until it succeeds.
            }
        }

        private static bool IsOfDisk(Exception error)
        {
            return error is IOException || error is UnauthorizedAccessException;
        }

        private IReadOnlyList<IReadOnlyDictionary<string, object>> ReadLines()
        {
            var content = File.ReadAllBytes(path);
            var end = Array.LastIndexOf(content, (byte)'\n') + 1;
            file.SetLength(end);
            file.Seek(0, SeekOrigin.End);
            var lines = Utf8.GetString(content, 0, end).Split(new[] { '\n' }, StringSplitOptions.RemoveEmptyEntries);
            var entries = lines.Select(Parsed).ToList();
            var whole = entries.Where(entry => entry != null).ToList();
            Damaged = entries.Count - whole.Count;
            if (Damaged > 0) SetAside(lines.Where((line, index) => entries[index] == null), whole);
            return whole;
        }

        private void SetAside(IEnumerable<string> damaged, IEnumerable<object> whole)
        {
            using (var aside = new FileStream(path + ".damaged", FileMode.Append, FileAccess.Write))
            {
                WriteLines(aside, damaged);
            }
            Replace(whole.Select(Json.Write));
        }

        private void Replace(IEnumerable<string> lines)
        {
            var next = path + ".new";
            using (var written = new FileStream(next, FileMode.Create, FileAccess.Write)) WriteLines(written, lines);
            file.Dispose();
            try
            {
                // Null keeps no copy. The old or the new file has the name at each moment.
                File.Replace(next, path, null);
                wholeLength = null;
            }
            finally
            {
                file = OpenEnd();
            }
        }

        private static FileStream Lock(string path)
        {
            FileStream opened = null;
            try
            {
                opened = new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                // Mono enforces the share mode within a process only, and locks of a range between processes.
                opened.Lock(0, 1);
            }
            catch (PlatformNotSupportedException)
            {
                // .NET on macOS: there the share mode excludes other processes.
            }
            catch (Exception error) when (error is DirectoryNotFoundException || error is UnauthorizedAccessException)
            {
                throw new QueueUnwritableException(path, error);
            }
            catch (IOException error)
            {
                opened?.Dispose();
                throw new QueueLockedException(path, error);
            }
            return opened;
        }

        private FileStream OpenEnd()
        {
            var opened = new FileStream(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, Unbuffered);
            opened.Seek(0, SeekOrigin.End);
            return opened;
        }

        private static void WriteLines(FileStream file, IEnumerable<string> lines)
        {
            foreach (var line in lines)
            {
                var bytes = Utf8.GetBytes(line + "\n");
                file.Write(bytes, 0, bytes.Length);
            }
            file.Flush(true); // fsync
        }

        /// <summary>Return the entry in a line, null if the line is damaged.</summary>
        private static IReadOnlyDictionary<string, object> Parsed(string line)
        {
            try
            {
                return Members.Fields(Json.Parse(line));
            }
            catch (FormatException)
            {
                return null;
            }
        }
    }
}
