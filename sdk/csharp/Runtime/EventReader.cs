using System;
using System.Collections.Generic;

namespace LeaderForge
{
    /// <summary>Parser of the server-sent events of a live board.</summary>
    internal sealed class EventReader
    {
        private readonly List<string> data = new List<string>();
        private string id;

        /// <summary>Id of the last complete event, by which a new connection resumes.</summary>
        public string LastId { get; private set; }

        /// <summary>Return the event that this line completes, null if it completes none.</summary>
        public TopOut Feed(string line)
        {
            if (line.Length == 0) return Complete();
            var colon = line.IndexOf(':');
            var name = colon < 0 ? line : line.Substring(0, colon);
            var value = colon < 0 ? "" : line.Substring(colon + 1);
            if (value.StartsWith(" ", StringComparison.Ordinal)) value = value.Substring(1);
            if (name == "id") id = value;
            if (name == "data") data.Add(value);
            return null;
        }

        /// <summary>Forget an incomplete event: the connection broke.</summary>
        public void Interrupt()
        {
            data.Clear();
        }

        private TopOut Complete()
        {
            if (data.Count == 0) return null;
            var text = string.Join("\n", data);
            data.Clear();
            var top = new TopOut(Members.Fields(Json.Parse(text)));
            LastId = id;
            return top;
        }
    }
}
