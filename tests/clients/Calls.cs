// One call of each kind by a generated client, the library LeaderForge.dll: `mono Calls.exe URL KEY`.
// It prints what it got as JSON.
//
// The generator's constructors demand the required members, yet only what is set as a property is sent: both are needed.
using System;
using System.Collections.Generic;
using System.Linq;

using LeaderForge.Api;
using LeaderForge.Client;
using LeaderForge.Model;

using Newtonsoft.Json;

public static class Calls
{
    private const long Player = 246441796207139;
    private const string Reason = "a faster clock";

    public static void Main(string[] arguments)
    {
        var configuration = new Configuration { BasePath = arguments[0], AccessToken = arguments[1] };
        var boards = new BoardsApi(configuration);
        var players = new PlayersApi(configuration);
        var scores = new ScoresApi(configuration);
        var metadata = new Dictionary<string, object> { ["car"] = "red" };
        var achievedAt = new DateTime(2026, 11, 23, 12, 0, 0, DateTimeKind.Utc);

        HealthOut health = new OperationsApi(configuration).GetHealth();
        BoardOut created = boards.CreateBoard(new BoardIn(board: "laps") { Board = "laps", Order = BoardOrder.Asc, Policy = BoardPolicy.Best });
        UserOut user = players.CreateUser(new UserIn(username: "ada") { UserId = Player, Username = "ada" });
        ReceiptOut receipt = scores.SubmitBoardScore(
            "laps", new SubmissionIn { UserId = Player, Score = 5000000000, Metadata = metadata, AchievedAt = achievedAt });
        var items = new List<BoardSubmissionIn> {
            new BoardSubmissionIn { UserId = Player, Score = 7 },
            new BoardSubmissionIn { Board = "laps", UserId = 1, Score = 1 },
        };
        BatchOut batch = scores.SubmitMixedBatch(new MixedBatchIn(items) { Submissions = items });
        BoardsOut all = boards.ListBoards();
        TopOut top = boards.GetBoardTop("laps", limit: 5);
        PlayerOut player = boards.GetBoardRank("laps", Player);
        var ids = new List<long> { Player, 1 };
        LookupOut lookup = boards.LookUpRanks("laps", new LookupIn(ids) { UserIds = ids });
        BoardOut changed = boards.ChangeBoard("laps", new BoardChangesIn { MaxScore = 6000000000 });
        ModeratedOut moderated = new ModerationApi(configuration).SetScore(
            "laps", Player, new ScoreIn(reason: Reason) { Score = 4000000000, Reason = Reason });
        string file = boards.ExportBoard("laps");
        string error = ErrorOf(() => players.GetUser(1));
        BoardOut deleted = boards.DeleteBoard("laps");

        Console.WriteLine(JsonConvert.SerializeObject(new Dictionary<string, object> {
            ["health"] = health.Status.ToString().ToLowerInvariant(),
            ["created"] = new object[] { created.Board, created.Order, created.Periods },
            ["user"] = user.UserId,
            ["receipt"] = new object[] { receipt.Score, receipt.Rank, receipt.Improved },
            ["batch"] = batch.Results.Select(Outcome),
            ["boards"] = all.Boards.Select(board => board.Board),
            ["top"] = top.Entries.Select(entry => new object[] { entry.Rank, entry.UserId, entry.Username, entry.Metadata["car"] }),
            ["player"] = new object[] { player.UserId, player.Score, player.Percentile },
            ["lookup"] = new object[] { lookup.Entries.Select(entry => entry.RankAmong), lookup.Missing },
            ["changed"] = changed.MaxScore,
            ["set"] = moderated.Entries.Select(entry => entry.State),
            ["file"] = file.Split('\n')[1].StartsWith($"1,{Player},ada,4000000000,"),
            ["error"] = error,
            ["deleted"] = deleted.Board,
        }));
    }

    private static object Outcome(BatchResult result)
    {
        return result.ActualInstance is ErrorOut error ? (object)error.Error.Code : result.GetReceiptOut().Rank;
    }

    private static string ErrorOf(Action call)
    {
        try
        {
            call();
            return null;
        }
        catch (ApiException refused)
        {
            return JsonConvert.DeserializeObject<ErrorOut>((string)refused.ErrorContent).Error.Code;
        }
    }
}
