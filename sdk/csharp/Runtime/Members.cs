using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace LeaderForge
{
    /// <summary>
    /// Typed members of JSON objects. All throw <see cref="FormatException"/> if a required member is missing or of
    /// another type. Optional members are null then.
    /// </summary>
    internal static class Members
    {
        public static string Text(this IReadOnlyDictionary<string, object> json, string name)
        {
            return json.Member(name) as string ?? throw Wrong(name);
        }

        public static string OptionalText(this IReadOnlyDictionary<string, object> json, string name)
        {
            return json.Member(name) as string;
        }

        public static long Integer(this IReadOnlyDictionary<string, object> json, string name)
        {
            return json.OptionalInteger(name) ?? throw Wrong(name);
        }

        public static long? OptionalInteger(this IReadOnlyDictionary<string, object> json, string name)
        {
            return json.Member(name) as long?;
        }

        public static long Score(this IReadOnlyDictionary<string, object> json, string name)
        {
            return json.OptionalScore(name) ?? throw Wrong(name);
        }

        public static long? OptionalScore(this IReadOnlyDictionary<string, object> json, string name)
        {
            var isText = long.TryParse(
                json.Member(name) as string, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var score);
            return isText ? score : json.OptionalInteger(name);
        }

        public static double Number(this IReadOnlyDictionary<string, object> json, string name)
        {
            return json.OptionalNumber(name) ?? throw Wrong(name);
        }

        public static double? OptionalNumber(this IReadOnlyDictionary<string, object> json, string name)
        {
            var value = json.Member(name);
            return value is long integer ? integer : value as double?;
        }

        public static bool Truth(this IReadOnlyDictionary<string, object> json, string name)
        {
            return json.OptionalTruth(name) ?? throw Wrong(name);
        }

        public static bool? OptionalTruth(this IReadOnlyDictionary<string, object> json, string name)
        {
            return json.Member(name) as bool?;
        }

        public static DateTimeOffset Time(this IReadOnlyDictionary<string, object> json, string name)
        {
            return json.OptionalTime(name) ?? throw Wrong(name);
        }

        public static DateTimeOffset? OptionalTime(this IReadOnlyDictionary<string, object> json, string name)
        {
            var text = json.OptionalText(name);
            if (text == null) return null;
            return DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        }

        public static T Object<T>(
            this IReadOnlyDictionary<string, object> json,
            string name,
            Func<IReadOnlyDictionary<string, object>, T> convert)
            where T : class
        {
            return json.OptionalObject(name, convert) ?? throw Wrong(name);
        }

        public static T OptionalObject<T>(
            this IReadOnlyDictionary<string, object> json,
            string name,
            Func<IReadOnlyDictionary<string, object>, T> convert)
            where T : class
        {
            return json.Member(name) is IReadOnlyDictionary<string, object> value ? convert(value) : null;
        }

        public static IReadOnlyList<T> List<T>(
            this IReadOnlyDictionary<string, object> json, string name, Func<object, T> convert)
        {
            return json.OptionalList(name, convert) ?? throw Wrong(name);
        }

        public static IReadOnlyList<T> OptionalList<T>(
            this IReadOnlyDictionary<string, object> json, string name, Func<object, T> convert)
        {
            return json.Member(name) is IReadOnlyList<object> items ? items.Select(convert).ToArray() : null;
        }

        public static IReadOnlyDictionary<string, T> Map<T>(
            this IReadOnlyDictionary<string, object> json, string name, Func<object, T> convert)
        {
            return json.OptionalMap(name, convert) ?? throw Wrong(name);
        }

        public static IReadOnlyDictionary<string, T> OptionalMap<T>(
            this IReadOnlyDictionary<string, object> json, string name, Func<object, T> convert)
        {
            var values = json.Member(name) as IReadOnlyDictionary<string, object>;
            return values?.ToDictionary(member => member.Key, member => convert(member.Value));
        }

        /// <summary>Return a value as an object. Throws <see cref="FormatException"/> if it is none.</summary>
        public static IReadOnlyDictionary<string, object> Fields(object value)
        {
            return value as IReadOnlyDictionary<string, object> ?? throw Wrong("value");
        }

        /// <summary>Return a value as a text. Throws <see cref="FormatException"/> if it is none.</summary>
        public static string TextOf(object value)
        {
            return value as string ?? throw Wrong("value");
        }

        /// <summary>Return a value as an integer. Throws <see cref="FormatException"/> if it is none.</summary>
        public static long IntegerOf(object value)
        {
            return value as long? ?? throw Wrong("value");
        }

        /// <summary>Return a value as a truth value. Throws <see cref="FormatException"/> if it is none.</summary>
        public static bool TruthOf(object value)
        {
            return value as bool? ?? throw Wrong("value");
        }

        /// <summary>Return a value as a list. Throws <see cref="FormatException"/> if it is none.</summary>
        public static IReadOnlyList<T> ListOf<T>(object value, Func<object, T> convert)
        {
            return (value as IReadOnlyList<object> ?? throw Wrong("value")).Select(convert).ToArray();
        }

        /// <summary>Return a member, null without one.</summary>
        public static object Member(this IReadOnlyDictionary<string, object> json, string name)
        {
            return json.TryGetValue(name, out var value) ? value : null;
        }

        private static FormatException Wrong(string name)
        {
            return new FormatException("the member \"" + name + "\" is missing or has another type");
        }
    }
}
