using System.Collections.Generic;

namespace LeaderForge
{
    /// <summary>Codes of the service's errors.</summary>
    internal static class Codes
    {
        /// <summary>Code of a refusal without the service's error object.</summary>
        public const string Unknown = "unknown";

        private static readonly HashSet<string> Transient = new HashSet<string>
        {
            "rate_limited", "request_timeout", "internal_error", "unavailable", "store_unavailable",
            "index_unavailable", "queue_unavailable", "period_building", "overloaded",
        };

        /// <summary>Return whether a later try may not get this code.</summary>
        public static bool IsTransient(string code)
        {
            return Transient.Contains(code);
        }
    }
}
