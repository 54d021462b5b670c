using System;
using System.Collections.Generic;

namespace LeaderForge
{
    /// <summary>Requests that read a board.</summary>
    internal static class Reads
    {
        public static Attempt Top(string board, int limit, string period, string segment)
        {
            return Read(board, "/top", ("limit", limit), ("period", period), ("segment", segment));
        }

        public static Attempt Stream(string board, int limit, string period, string segment)
        {
            return Read(board, "/stream", ("limit", limit), ("period", period), ("segment", segment));
        }

        public static Attempt Rank(string board, string player, string period, string segment)
        {
            return Read(board, "/ranks/" + player, ("period", period), ("segment", segment));
        }

        public static Attempt Around(string board, string player, int radius, string period, string segment)
        {
            return Read(board, "/around/" + player, ("radius", radius), ("period", period), ("segment", segment));
        }

        public static Attempt Friends(
            string board, string player, int limit, int radius, string period, string segment)
        {
            return Read(
                board, "/friends/" + player,
                ("limit", limit), ("radius", radius), ("period", period), ("segment", segment));
        }

        public static Attempt Page(string board, int limit, string cursor, string period, string segment)
        {
            // A cursor implies its period, but not its segment.
            return cursor == null
                ? Read(board, "/page", ("rank", 1), ("limit", limit), ("period", period), ("segment", segment))
                : Read(board, "/page", ("cursor", cursor), ("limit", limit), ("segment", segment));
        }

        public static Attempt Board(string board)
        {
            return Read(board, "");
        }

        private static Attempt Read(string board, string path, params (string, object)[] query)
        {
            var parameters = new Dictionary<string, object>();
            foreach (var pair in query) parameters[pair.Item1] = pair.Item2;
            return new Attempt("GET", "/api/boards/" + Uri.EscapeDataString(board) + path) { Query = parameters };
        }
    }
}
