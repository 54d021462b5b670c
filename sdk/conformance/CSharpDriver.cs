// Driver of the C# SDK. README.md documents the commands.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

using LeaderForge;

using Fields = System.Collections.Generic.IReadOnlyDictionary<string, object>;

public static class CSharpDriver
{
    // Real length of every wait of the SDK. Its telemetry has the length that it asked for.
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(2);
    private static readonly object Output = new object();

    private static readonly ConcurrentDictionary<long, CancellationTokenSource> Running =
        new ConcurrentDictionary<long, CancellationTokenSource>();

    private static Client client;
    private static IDisposable items;
    private static Func<Task<object>> next;
    private static ConcurrentQueue<TelemetryEvent> events = new ConcurrentQueue<TelemetryEvent>();

    public static void Main()
    {
        string line;
        while ((line = Console.In.ReadLine()) != null)
        {
            var command = (Fields)Json.Parse(line);
            PerformAsync(command).ContinueWith(performed => performed.Exception);
        }
        Close();
    }

    private static async Task PerformAsync(Fields command)
    {
        var id = (long)command["id"];
        var arguments = Member(command, "args") as Fields ?? new Dictionary<string, object>();
        var answer = new Dictionary<string, object> { ["id"] = id };
        using (var cancelling = Running[id] = new CancellationTokenSource())
        {
            try
            {
                answer["result"] = await ResultAsync((string)command["op"], arguments, cancelling.Token);
            }
            catch (OperationCanceledException)
            {
                answer["error"] = new Dictionary<string, object> { ["kind"] = "Cancelled" };
            }
            catch (LeaderForgeException error)
            {
                answer["error"] = Described(error);
            }
            catch (Exception error)
            {
                answer["error"] = new Dictionary<string, object> { ["kind"] = "Bug", ["message"] = error.ToString() };
            }
            Forget(id);
        }
        lock (Output)
        {
            Console.Out.WriteLine(Json.Write(answer));
            Console.Out.Flush();
        }
    }

    private static Fields Described(LeaderForgeException error)
    {
        var kind = error.GetType().Name.Replace("Exception", "");
        var described = new Dictionary<string, object>
        {
            ["kind"] = kind == "Network" || kind == "Api" ? kind + "Error" : kind,
            ["message"] = error.Message,
        };
        if (error is ApiException refusal)
        {
            described["code"] = refusal.Code;
            described["status"] = refusal.Status;
        }
        return described;
    }

    private static async Task<object> ResultAsync(string op, Fields arguments, CancellationToken cancellation)
    {
        switch (op)
        {
            case "open":
                Open(arguments);
                return null;
            case "close":
                Close();
                return null;
            case "call":
                return await CallAsync(arguments, cancellation);
            case "iterate":
                Iterate(arguments);
                return null;
            case "next":
                return await next();
            case "stop":
                items.Dispose();
                return null;
            case "all":
                return await AllAsync(arguments);
            case "cancel":
                Cancel((long)arguments["id"]);
                return null;
            case "queue":
                return Queue((string)arguments["name"], Positional(arguments));
            case "player":
                return client.UserId;
            case "telemetry":
                return events.Select(Plain).ToList();
            default:
                throw new ArgumentException("unknown command " + op);
        }
    }

    private static void Cancel(long id)
    {
        if (Running.TryGetValue(id, out var running)) running.Cancel();
    }

    private static void Forget(long id)
    {
        Running.TryRemove(id, out _);
    }

    private static void Open(Fields arguments)
    {
        Close();
        var happened = events = new ConcurrentQueue<TelemetryEvent>();
        var limits = Member(arguments, "options") as Fields ?? new Dictionary<string, object>();
        var options = new ClientOptions
        {
            Key = Member(arguments, "key") as string,
            Token = Member(arguments, "token") as string,
            QueuePath = Member(arguments, "queue") as string,
            OnEvent = happened.Enqueue,
            Delay = (_, cancellation) => Task.Delay(Short, cancellation),
        };
        foreach (var limit in limits)
        {
            var name = string.Concat(limit.Key.Split('_').Where(part => part != "s").Select(Capital));
            var property = typeof(ClientOptions).GetProperty(name);
            var value = property.PropertyType == typeof(TimeSpan)
                ? (object)TimeSpan.FromSeconds(Convert.ToDouble(limit.Value))
                : Convert.ToInt32(limit.Value);
            property.SetValue(options, value);
        }
        client = new Client((string)arguments["url"], options);
    }

    private static void Close()
    {
        items?.Dispose();
        client?.Dispose();
        items = null;
        client = null;
    }

    private static async Task<object> CallAsync(Fields arguments, CancellationToken cancellation)
    {
        var values = Positional(arguments);
        var options = Options(arguments);
        var board = values.FirstOrDefault() as string;
        var period = options("period") as string ?? "current";
        var segment = options("segment") as string;
        var player = values.ElementAtOrDefault(1);
        switch ((string)arguments["name"])
        {
            case "sign_in_device":
                return (await client.SignInDeviceAsync(
                    options("username") as string, options("secret") as string, cancellation)).Json;
            case "sign_out":
                await client.SignOutAsync(cancellation);
                return null;
            case "submit":
                return Plain(player == null
                    ? await client.SubmitChangeAsync(board, (long)options("change"), Details(options), cancellation)
                    : await client.SubmitAsync(board, (long)player, Details(options), cancellation));
            case "enqueue":
                return Plain(await client.EnqueueAsync(board, (long)player, Details(options)));
            case "flush":
                return Plain(await client.FlushAsync(cancellation));
            case "top":
                return (await client.TopAsync(board, Limit(options), period, segment, cancellation)).Json;
            case "rank":
                return (await client.RankAsync(
                    board, player as long?, player as string, period, segment, cancellation)).Json;
            case "around":
                return (await client.AroundAsync(
                    board, player as long?, player as string, 5, period, segment, cancellation)).Json;
            case "friends":
                return (await client.FriendsAsync(
                    board, player as long?, player as string, Limit(options), 5, period, segment, cancellation)).Json;
            case "board":
                return (await client.BoardAsync(board, cancellation)).Json;
            case "request":
                return await client.RequestAsync(board, (string)player, options("body"), null, cancellation);
            default:
                throw new ArgumentException("unknown method " + arguments["name"]);
        }
    }

    private static void Iterate(Fields arguments)
    {
        var options = Options(arguments);
        var board = (string)Positional(arguments)[0];
        var segment = options("segment") as string;
        var every = options("every_s") == null
            ? (TimeSpan?)null
            : TimeSpan.FromSeconds(Convert.ToDouble(options("every_s")));
        var boards = (string)arguments["name"] == "watch"
            ? client.Watch(board, segment: segment, every: every)
            : client.Stream(board, segment: segment);
        items = boards;
        next = async () => await boards.MoveNextAsync() ? boards.Current.Json : null;
    }

    private static async Task<object> AllAsync(Fields arguments)
    {
        var options = Options(arguments);
        var board = (string)Positional(arguments)[0];
        var pageSize = Convert.ToInt32(options("page_size") ?? 100);
        var all = new List<object>();
        using (var entries = client.Entries(board, pageSize, segment: options("segment") as string))
        {
            while (await entries.MoveNextAsync()) all.Add(entries.Current.Json);
        }
        return all;
    }

    private static object Queue(string name, IReadOnlyList<object> values)
    {
        switch (name)
        {
            case "pending":
                return client.Queue.Pending().Select(Plain).ToList();
            case "rejected":
                return client.Queue.Rejected().Select(Plain).ToList();
            case "accepted_count":
                return client.Queue.AcceptedCount();
            case "requeue":
                return client.Queue.Requeue((string)values[0]);
            case "discard":
                return client.Queue.Discard((string)values[0]);
            default:
                throw new ArgumentException("unknown method of the queue " + name);
        }
    }

    private static ScoreDetails Details(Func<string, object> options)
    {
        return new ScoreDetails
        {
            UserId = options("user_id") as long?,
            ExternalId = options("external_id") as string,
            Subscore = options("subscore") as long?,
            Metadata = options("metadata") as Fields,
            Numbers = (options("numbers") as Fields)?.ToDictionary(pair => pair.Key, pair => (long)pair.Value),
            SubmissionId = options("submission_id") as string,
        };
    }

    private static int Limit(Func<string, object> options)
    {
        return Convert.ToInt32(options("limit") ?? 10);
    }

    private static IReadOnlyList<object> Positional(Fields arguments)
    {
        return Member(arguments, "args") as IReadOnlyList<object> ?? new object[0];
    }

    private static Func<string, object> Options(Fields arguments)
    {
        var options = Member(arguments, "options") as Fields ?? new Dictionary<string, object>();
        return name => Member(options, name);
    }

    private static object Member(Fields fields, string name)
    {
        return fields.TryGetValue(name, out var value) ? value : null;
    }

    private static string Capital(string word)
    {
        return char.ToUpperInvariant(word[0]) + word.Substring(1);
    }

    private static Fields Plain(Submitted submitted)
    {
        return new Dictionary<string, object>
        {
            ["submission_id"] = submitted.SubmissionId,
            ["receipt"] = submitted.Receipt?.Json,
        };
    }

    private static Fields Plain(Flushed flushed)
    {
        return new Dictionary<string, object>
        {
            ["receipts"] = flushed.Delivered.ToDictionary(pair => pair.Key, pair => (object)pair.Value.Receipt?.Json),
            ["rejected"] = flushed.Rejected.Select(Plain).ToList(),
            ["pending"] = flushed.Pending,
        };
    }

    private static Fields Plain(QueuedScore score)
    {
        var plain = new Dictionary<string, object>
        {
            ["position"] = score.Position,
            ["submission_id"] = score.SubmissionId,
            ["body"] = score.Body,
        };
        if (score is RejectedScore rejected)
        {
            plain["code"] = rejected.Code;
            plain["message"] = rejected.Message;
        }
        return plain;
    }

    private static Fields Plain(TelemetryEvent happened)
    {
        return happened.Facts.Concat(new Dictionary<string, object> { ["kind"] = happened.Kind })
            .ToDictionary(pair => pair.Key, pair => pair.Value);
    }
}
