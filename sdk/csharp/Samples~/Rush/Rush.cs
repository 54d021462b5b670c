using System;
using System.IO;
using LeaderForge;
using UnityEngine;

/// <summary>Submits the result of each round, and follows the board until the scene ends.</summary>
public sealed class Rush : MonoBehaviour
{
    [SerializeField] private string address = "http://127.0.0.1:8000";

    private Client client;
    private Items<TopOut> live;

    private async void Start()
    {
        var path = Path.Combine(Application.persistentDataPath, "scores.log");
        client = new Client(address, new ClientOptions { QueuePath = path });
        try
        {
            await client.SignInDeviceAsync("Kaamos");
            await client.FlushAsync(); // scores of an earlier run that had no network
            live = client.Stream("rush", limit: 3);
            while (await live.MoveNextAsync()) Show(live.Current);
        }
        catch (LeaderForgeException error)
        {
            Debug.LogException(error);
        }
        catch (OperationCanceledException)
        {
            // The scene ended.
        }
    }

    /// <summary>Call it at the end of a round.</summary>
    public async void Finish(long score)
    {
        try
        {
            var submitted = await client.SubmitAsync("rush", score);
            Debug.Log(submitted.Receipt == null ? "the score waits for the network" : "rank " + submitted.Receipt.Rank);
        }
        catch (LeaderForgeException error)
        {
            Debug.LogException(error);
        }
    }

    private void Show(TopOut top)
    {
        foreach (var entry in top.Entries) Debug.Log(entry.Rank + " " + entry.Username + " " + entry.Score);
    }

    private void OnDestroy()
    {
        live?.Dispose();
        client?.Dispose();
    }
}
