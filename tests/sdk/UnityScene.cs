// Scene with the sample: it starts, a round ends, and a line of the input ends the scene.
using System;
using System.Reflection;

public static class UnityScene
{
    public static void Main(string[] arguments)
    {
        var script = new Rush();
        const BindingFlags Private = BindingFlags.Instance | BindingFlags.NonPublic;
        typeof(Rush).GetField("address", Private).SetValue(script, arguments[0]);
        typeof(Rush).GetMethod("Start", Private).Invoke(script, null);
        Console.In.ReadLine();
        script.Finish(99900);
        Console.In.ReadLine();
        typeof(Rush).GetMethod("OnDestroy", Private).Invoke(script, null);
    }
}
