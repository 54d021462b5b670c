using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace LeaderForge
{
    /// <summary>
    /// File of JSON lines. Each append is on the disk before it returns. A last line without its end, which a process
    /// left that died while it wrote, is cut off: its call did not return. A lock on the file beside it excludes a
    /// second process, which would send scores out of order.
    /// </summary>
    internal sealed class Journal : IDisposable
    {
        private static readonly Encoding Utf8 = new UTF8Encoding(false);

        private readonly string path;
        private readonly FileStream guard;
        private FileStream file;

        /// <summary>Open the file, and create it. Throws <see cref="QueueLockedException"/>.</summary>
        public Journal(string path)
        {
            this.path = path;
            guard = Lock(path);
            file = OpenEnd();
        }

        /// <summary>
        /// Return the lines of the file. Throws <see cref="InvalidDataException"/> if one of them is not JSON.
        /// </summary>
        public IReadOnlyList<IReadOnlyDictionary<string, object>> Read()
        {
            var content = File.ReadAllBytes(path);
            var end = Array.LastIndexOf(content, (byte)'\n') + 1;
            file.SetLength(end);
            file.Seek(0, SeekOrigin.End);
            var lines = Utf8.GetString(content, 0, end).Split(new[] { '\n' }, StringSplitOptions.RemoveEmptyEntries);
            return lines.Select(Parsed).ToList();
        }

        public void Append(object entry)
        {
            var size = file.Length;
            try
            {
                WriteLines(file, new[] { entry });
            }
            catch (IOException)
            {
                file.SetLength(size); // a full disk: the next entry must not continue half a line
                throw;
            }
        }

        /// <summary>Replace all lines, atomically.</summary>
        public void Replace(IEnumerable<object> entries)
        {
            var next = path + ".new";
            using (var written = new FileStream(next, FileMode.Create, FileAccess.Write)) WriteLines(written, entries);
            file.Dispose();
            try
            {
                // Null keeps no copy. The old or the new file has the name at each moment.
                File.Replace(next, path, null);
            }
            finally
            {
                file = OpenEnd();
            }
        }

        public void Dispose()
        {
            file.Dispose();
            guard.Dispose();
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
            catch (IOException error)
            {
                opened?.Dispose();
                throw new QueueLockedException(path, error);
            }
            return opened;
        }

        private FileStream OpenEnd()
        {
            var opened = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            opened.Seek(0, SeekOrigin.End);
            return opened;
        }

        private static void WriteLines(FileStream file, IEnumerable<object> entries)
        {
            foreach (var entry in entries)
            {
                var line = Utf8.GetBytes(Json.Write(entry) + "\n");
                file.Write(line, 0, line.Length);
            }
            file.Flush(true); // fsync
        }

        private IReadOnlyDictionary<string, object> Parsed(string line)
        {
            try
            {
                return Members.Fields(Json.Parse(line));
            }
            catch (FormatException error)
            {
                throw new InvalidDataException("the queue " + path + " has a damaged line: " + line, error);
            }
        }
    }
}
