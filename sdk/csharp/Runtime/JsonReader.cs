using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace LeaderForge
{
    /// <summary>Recursive parser of one JSON text.</summary>
    internal sealed class JsonReader
    {
        /// <summary>Deepest nesting. A deeper text could exhaust the stack, which ends the process.</summary>
        private const int Deepest = 100;

        private readonly string text;
        private int at;
        private int depth;

        public JsonReader(string text)
        {
            this.text = text;
        }

        public object ReadAll()
        {
            var value = ReadValue();
            SkipSpace();
            if (at < text.Length) throw Unexpected();
            return value;
        }

        private object ReadValue()
        {
            SkipSpace();
            switch (Next())
            {
                case '{':
                    return ReadObject();
                case '[':
                    return ReadArray();
                case '"':
                    return ReadText();
                case 't':
                    return ReadWord("true", true);
                case 'f':
                    return ReadWord("false", false);
                case 'n':
                    return ReadWord("null", null);
                default:
                    return ReadNumber();
            }
        }

        private IReadOnlyDictionary<string, object> ReadObject()
        {
            var members = new Dictionary<string, object>();
            Enter();
            SkipSpace();
            while (Next() != '}')
            {
                if (members.Count > 0) Skip(',');
                SkipSpace();
                var name = ReadText();
                SkipSpace();
                Skip(':');
                members[name] = ReadValue();
                SkipSpace();
            }
            Leave();
            return members;
        }

        private IReadOnlyList<object> ReadArray()
        {
            var items = new List<object>();
            Enter();
            SkipSpace();
            while (Next() != ']')
            {
                if (items.Count > 0) Skip(',');
                items.Add(ReadValue());
                SkipSpace();
            }
            Leave();
            return items;
        }

        private string ReadText()
        {
            Skip('"');
            var word = new StringBuilder();
            while (Next() != '"')
            {
                var character = text[at++];
                if (character < ' ') throw Unexpected();
                word.Append(character == '\\' ? ReadEscape() : character);
            }
            at++;
            return word.ToString();
        }

        private char ReadEscape()
        {
            var letter = Next();
            at++;
            var place = "\"\\/bfnrt".IndexOf(letter);
            if (place >= 0) return "\"\\/\b\f\n\r\t"[place];
            ushort code = 0;
            var isCode = letter == 'u' && at + 4 <= text.Length && ushort.TryParse(
                text.Substring(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code);
            if (!isCode) throw Unexpected();
            at += 4;
            return (char)code;
        }

        private object ReadNumber()
        {
            var begin = at;
            while (at < text.Length && "+-.eE0123456789".IndexOf(text[at]) >= 0) at++;
            var digits = text.Substring(begin, at - begin);
            const NumberStyles Integer = NumberStyles.AllowLeadingSign;
            if (long.TryParse(digits, Integer, CultureInfo.InvariantCulture, out var integer)) return integer;
            if (double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return number;
            throw Unexpected();
        }

        private object ReadWord(string word, object value)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0) throw Unexpected();
            at += word.Length;
            return value;
        }

        private void SkipSpace()
        {
            while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0) at++;
        }

        private void Skip(char expected)
        {
            if (Next() != expected) throw Unexpected();
            at++;
        }

        private void Enter()
        {
            at++;
            if (++depth > Deepest) throw Unexpected();
        }

        private void Leave()
        {
            at++;
            depth--;
        }

        private char Next()
        {
            if (at >= text.Length) throw Unexpected();
            return text[at];
        }

        private FormatException Unexpected()
        {
            return new FormatException("the text is not JSON at character " + at);
        }
    }
}
