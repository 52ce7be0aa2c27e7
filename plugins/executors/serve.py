# What the scripts of executors have in common; see python_executor.h.


def tensor_line(place, dtype, shape, name, scale=(), zero_point=(), axis=-1, file=""):
    lists = [",".join(str(int(extent)) for extent in shape), str(int(axis)),
             ",".join(repr(float(s)) for s in scale), ",".join(str(int(z)) for z in zero_point)]
    return "\t".join([place, dtype, *lists, file, " ".join(str(name).split())])


def shape_of(text):
    return [] if text == "-" else [int(extent) for extent in text.split(",")]


def serve(open_model):
    """`open_model(path, folder, options)` gives (description lines, run); `run(intermediates, shapes)` gives
    tensor lines; `shapes` are those of the inputs. An open extent is -1 in a description."""

    def begin(path, folder, options):
        lines, run = open_model(path, folder, options)

        def act(line):
            words = line.split()
            return run(words[1] == "1", [shape_of(word) for word in words[2:]])

        return lines, act

    answer_each(begin, goes_on=False)
