using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace LeaderForge
{
    /// <summary>
    /// JSON as plain values: <c>IReadOnlyDictionary&lt;string, object&gt;</c>, <c>IReadOnlyList&lt;object&gt;</c>,
    /// <c>string</c>, <c>long</c>, <c>double</c>, <c>bool</c> and null.
    /// </summary>
    public static class Json
    {
        /// <summary>Return the value of a text.</summary>
        /// <exception cref="FormatException">The text is not JSON.</exception>
        public static object Parse(string text)
        {
            return new JsonReader(text).ReadAll();
        }

        /// <summary>Return the text of a value.</summary>
        /// <exception cref="ArgumentException">The value has a part that JSON cannot express.</exception>
        public static string Write(object value)
        {
            var text = new StringBuilder();
            WriteValue(text, value);
            return text.ToString();
        }

        private static void WriteValue(StringBuilder text, object value)
        {
            if (value == null) text.Append("null");
            else if (value is string word) WriteText(text, word);
            else if (value is bool truth) text.Append(truth ? "true" : "false");
            else if (value is IEnumerable<KeyValuePair<string, object>> members) WriteMembers(text, members);
            else if (value is IEnumerable items) WriteItems(text, items);
            else text.Append(WrittenNumber(value));
        }

        private static string WrittenNumber(object value)
        {
            if (value is float single) value = (double)single;
            if (value is double number && !double.IsNaN(number) && !double.IsInfinity(number))
            {
                return number.ToString("R", CultureInfo.InvariantCulture);
            }
            if (value is long || value is int || value is short || value is byte || value is uint || value is decimal)
            {
                return ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture);
            }
            throw new ArgumentException("JSON cannot express " + value + " of " + value.GetType());
        }

        private static void WriteMembers(StringBuilder text, IEnumerable<KeyValuePair<string, object>> members)
        {
            var separator = "{";
            foreach (var member in members)
            {
                text.Append(separator);
                WriteText(text, member.Key);
                text.Append(':');
                WriteValue(text, member.Value);
                separator = ",";
            }
            text.Append(separator == "{" ? "{}" : "}");
        }

        private static void WriteItems(StringBuilder text, IEnumerable items)
        {
            var separator = "[";
            foreach (var item in items)
            {
                text.Append(separator);
                WriteValue(text, item);
                separator = ",";
            }
            text.Append(separator == "[" ? "[]" : "]");
        }

        private static void WriteText(StringBuilder text, string word)
        {
            text.Append('"');
            foreach (var character in word)
            {
                if (character == '"' || character == '\\') text.Append('\\').Append(character);
                // Surrogates too: a lone one has no UTF-8.
                else if (character < ' ' || char.IsSurrogate(character)) text.AppendFormat("\\u{0:x4}", (int)character);
                else text.Append(character);
            }
            text.Append('"');
        }
    }
}
