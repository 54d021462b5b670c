using System;
using System.Collections.Generic;

namespace LeaderForge
{
    /// <summary>Any error of this package. Cancelled calls throw <see cref="OperationCanceledException"/>.</summary>
    public class LeaderForgeException : Exception
    {
        internal LeaderForgeException(string message, Exception cause = null) : base(message, cause)
        {
        }
    }

    /// <summary>No complete answer of the service arrived, after all tries.</summary>
    public sealed class NetworkException : LeaderForgeException
    {
        internal NetworkException(string message, Exception cause = null) : base(message, cause)
        {
        }
    }

    /// <summary>The call needs a player: sign in, or pass a user id.</summary>
    public sealed class NotSignedInException : LeaderForgeException
    {
        internal NotSignedInException() : base("no player is signed in: sign in, or pass the player")
        {
        }
    }

    /// <summary>The queue has as many scores as its capacity. This score was not added.</summary>
    public sealed class QueueFullException : LeaderForgeException
    {
        internal QueueFullException(int capacity)
            : base("the queue has " + capacity + " scores; flush it, or discard rejected scores")
        {
        }
    }

    /// <summary>Another client has opened the queue's file.</summary>
    public sealed class QueueLockedException : LeaderForgeException
    {
        internal QueueLockedException(string path, Exception cause)
            : base("another client uses the queue " + path + "; give each client its own file", cause)
        {
        }
    }

    /// <summary>
    /// The queue's file cannot be written: the disk is full, or the file is read-only. A new score was not added.
    /// </summary>
    public sealed class QueueUnwritableException : LeaderForgeException
    {
        internal QueueUnwritableException(string path, Exception cause)
            : base("the queue " + path + " cannot be written: " + cause.Message, cause)
        {
        }
    }

    /// <summary>Refusal by the service.</summary>
    public class ApiException : LeaderForgeException
    {
        internal ApiException(int status, string code, string message) : base(code + ": " + message)
        {
            Status = status;
            Code = code;
            Reason = message;
            Details = new Dictionary<string, object>();
        }

        /// <summary>HTTP status, 0 for an item of a batch.</summary>
        public int Status { get; }

        /// <summary>Stable code of the error. The documentation of the API lists all codes.</summary>
        public string Code { get; }

        /// <summary>Message of the service, without the code.</summary>
        public string Reason { get; }

        /// <summary>Details of the error, by name.</summary>
        public IReadOnlyDictionary<string, object> Details { get; private set; }

        /// <summary>Id of the request in the logs of the service, null without one.</summary>
        public string RequestId { get; private set; }

        /// <summary>Delay that the service demands before another try, null without one.</summary>
        public TimeSpan? RetryAfter { get; private set; }

        /// <summary>Return the error of a response with this status and error object.</summary>
        internal static ApiException Of(
            int status, IReadOnlyDictionary<string, object> error, string requestId, TimeSpan? retryAfter)
        {
            var refusal = Create(status, error.Text("code"), error.Text("message"));
            refusal.Details = error.Member("details") as IReadOnlyDictionary<string, object> ?? refusal.Details;
            refusal.RequestId = requestId;
            refusal.RetryAfter = retryAfter;
            return refusal;
        }

        private static ApiException Create(int status, string code, string message)
        {
            if (status >= 500) return new UnavailableException(status, code, message);
            switch (status)
            {
                case 400:
                case 413:
                case 415:
                case 422:
                    return new InvalidException(status, code, message);
                case 401:
                    return new UnauthenticatedException(status, code, message);
                case 403:
                    return new ForbiddenException(status, code, message);
                case 404:
                    return new NotFoundException(status, code, message);
                case 409:
                    return new ConflictException(status, code, message);
                case 429:
                    return new RateLimitedException(status, code, message);
                default:
                    return new ApiException(status, code, message);
            }
        }
    }

    /// <summary>The key or the token is missing, unknown or expired (401).</summary>
    public sealed class UnauthenticatedException : ApiException
    {
        internal UnauthenticatedException(int status, string code, string message) : base(status, code, message)
        {
        }
    }

    /// <summary>The key or the token does not allow this call (403).</summary>
    public sealed class ForbiddenException : ApiException
    {
        internal ForbiddenException(int status, string code, string message) : base(status, code, message)
        {
        }
    }

    /// <summary>The player, board, period or entry does not exist (404).</summary>
    public sealed class NotFoundException : ApiException
    {
        internal NotFoundException(int status, string code, string message) : base(status, code, message)
        {
        }
    }

    /// <summary>The request contradicts the stored state (409).</summary>
    public sealed class ConflictException : ApiException
    {
        internal ConflictException(int status, string code, string message) : base(status, code, message)
        {
        }
    }

    /// <summary>The request breaks a rule of the service or of the board (400, 413, 415, 422).</summary>
    public sealed class InvalidException : ApiException
    {
        internal InvalidException(int status, string code, string message) : base(status, code, message)
        {
        }
    }

    /// <summary>Too many requests, after all tries (429).</summary>
    public sealed class RateLimitedException : ApiException
    {
        internal RateLimitedException(int status, string code, string message) : base(status, code, message)
        {
        }
    }

    /// <summary>The service cannot answer at present, after all tries (500 to 599).</summary>
    public sealed class UnavailableException : ApiException
    {
        internal UnavailableException(int status, string code, string message) : base(status, code, message)
        {
        }
    }
}
