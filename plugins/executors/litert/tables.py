# What LiteRT's Python does not tell of a subgraph: the order of its inputs and outputs, and what its
# operators write. Read from the tables of the file; a place outside it is an error of the reader.
import mmap
import struct


class Table:
    def __init__(self, data, place):
        self.data, self.place = data, place

    def field(self, number):
        """Where the field stands; 0 where it is not written."""
        vtable = self.place - struct.unpack_from("<i", self.data, self.place)[0]
        if 4 + 2 * number >= struct.unpack_from("<H", self.data, vtable)[0]:
            return 0
        offset = struct.unpack_from("<H", self.data, vtable + 4 + 2 * number)[0]
        return offset and self.place + offset

    def vector(self, number):
        """Where the elements stand, and how many there are."""
        field = self.field(number)
        if not field:
            return 0, 0
        start = field + struct.unpack_from("<I", self.data, field)[0]
        return start + 4, struct.unpack_from("<I", self.data, start)[0]

    def numbers(self, number):
        place, count = self.vector(number)
        return list(struct.unpack_from(f"<{count}i", self.data, place))

    def tables(self, number):
        place, count = self.vector(number)
        for at in range(place, place + 4 * count, 4):
            yield Table(self.data, at + struct.unpack_from("<I", self.data, at)[0])


def subgraph_tensors(path, index):
    """Inputs, outputs, and those that operators write: tensor indices."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        subgraph = list(Table(data, struct.unpack_from("<I", data, 0)[0]).tables(2))[index]
        made = {tensor for operator in subgraph.tables(3) for tensor in operator.numbers(2)}
        return subgraph.numbers(1), subgraph.numbers(2), made
