// Stand-in for the members of Unity that the sample uses. Debug writes to the output.
using System;

namespace UnityEngine
{
    public class MonoBehaviour
    {
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class SerializeField : Attribute
    {
    }

    public static class Application
    {
        public static string persistentDataPath => Environment.CurrentDirectory;
    }

    public static class Debug
    {
        public static void Log(object message)
        {
            Console.Out.WriteLine(message);
            Console.Out.Flush();
        }

        public static void LogException(Exception error)
        {
            Log(error);
        }
    }
}
