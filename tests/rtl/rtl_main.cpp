// SPDX-License-Identifier: MIT
// Runs layer folders (docs/eie.md, section 7) on the Verilated machine and compares every output
// and the cycle count with what the folder expects.
//
//   usage: Veie_top FOLDER...     exit 0 all agree, 1 a difference or a hang, 2 not runnable here
//
// The parameters of the build come as macros (EIE_N and so on) from run_rtl.py, which hands the
// same numbers to Verilator.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "Veie_top.h"
#include "verilated.h"

double sc_time_stamp() { return 0; } // Verilator 4 wants to link one

namespace {

using Word = std::array<uint32_t, 32>; // up to 1024 bits, the widest line of Spmat

enum Target { SPMAT, PTR_EVEN, PTR_ODD, BIAS, ACT, SOURCE, CODEBOOK }; // as in eie_pkg.sv

// Time in which a run of the wrong length still ends by itself.
constexpr uint64_t EXTRA_CYCLES = 100000;

constexpr uint64_t LANES = EIE_B < 64 ? 64 / EIE_B : 1;

uint64_t ceil_div(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

constexpr uint64_t LINES_PER_FILE = (EIE_R + LANES - 1) / LANES;

struct Layer {
    std::string name, folder;
    uint64_t n_rows, n_cols, has_bias, has_relu, shift, n_slots, n_batches, n_blocks;
    uint64_t spmat_depth, ptr_depth, bias_depth, act_depth, cycles;
};

std::runtime_error cannot(const std::string &what) { return std::runtime_error(what); }

std::string read_file(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw cannot("cannot open " + path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

// The integer (or true, false) of a key, wherever in the text the key stands.
uint64_t json_integer(const std::string &text, const std::string &key)
{
    const std::string quoted = '"' + key + '"';
    for (size_t at = text.find(quoted); at != std::string::npos; at = text.find(quoted, at + 1)) {
        std::istringstream rest(text.substr(at + quoted.size(), 64));
        char colon = 0;
        std::string value;
        if (!(rest >> colon >> value) || colon != ':')
            continue;
        if (value.compare(0, 4, "true") == 0)
            return 1;
        if (value.compare(0, 5, "false") == 0)
            return 0;
        if (value[0] >= '0' && value[0] <= '9')
            return std::strtoull(value.c_str(), nullptr, 10);
    }
    throw cannot("layer.json has no integer " + key);
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Word hex_word(const std::string &digits, const std::string &path)
{
    Word word{};
    unsigned bit = 0;
    for (size_t i = digits.size(); i-- > 0;) {
        if (digits[i] == '_')
            continue;
        const int value = hex_digit(digits[i]);
        if (value < 0 || (bit >= 1024 && value != 0))
            throw cannot(path + ": not a word: " + digits);
        if (bit < 1024)
            word[bit / 32] |= static_cast<uint32_t>(value) << bit % 32;
        bit += 4;
    }
    return word;
}

// A file of $readmemh; places that it leaves out are zero.
std::vector<Word> read_hex(const Layer &layer, const char *name, uint64_t n_words)
{
    const std::string path = layer.folder + "/" + name;
    std::vector<Word> words(n_words);
    std::istringstream lines(read_file(path));
    std::string line, token;
    uint64_t address = 0;
    while (std::getline(lines, line)) {
        std::istringstream tokens(line.substr(0, line.find("//")));
        while (tokens >> token) {
            if (token[0] == '@') {
                address = std::strtoull(token.c_str() + 1, nullptr, 16);
                continue;
            }
            if (address >= n_words)
                throw cannot(path + ": more words than layer.json says");
            words[address++] = hex_word(token, path);
        }
    }
    return words;
}

void must_be(const Layer &layer, const char *key, uint64_t found, uint64_t built)
{
    if (found != built)
        throw cannot(layer.folder + ": " + key + " is " + std::to_string(found) +
                     ", this machine was built for " + std::to_string(built));
}

void must_fit(const Layer &layer, const char *what, uint64_t needed, uint64_t depth)
{
    if (needed > depth)
        throw cannot(layer.folder + ": needs " + std::to_string(needed) + " " + what +
                     ", this machine was built with " + std::to_string(depth));
}

uint64_t first_output_line(const Layer &layer)
{
    return layer.n_batches > 1 ? layer.n_batches * LINES_PER_FILE : 0;
}

void check_fit(const Layer &layer)
{
    const uint64_t n_columns = layer.n_cols + layer.has_bias;
    uint64_t act_lines = first_output_line(layer);
    if (layer.n_blocks > 1)
        act_lines += layer.n_blocks * LINES_PER_FILE;
    if (layer.n_rows == 0 || layer.n_cols == 0)
        throw cannot(layer.folder + ": an empty matrix");
    must_be(layer, "n_slots", layer.n_slots, ceil_div(layer.n_cols, EIE_N));
    must_be(layer, "n_batches", layer.n_batches, ceil_div(layer.n_slots, EIE_R));
    must_be(layer, "n_blocks", layer.n_blocks, ceil_div(ceil_div(layer.n_rows, EIE_N), EIE_R));
    if (layer.shift >= 2 * EIE_B || layer.act_depth < layer.n_slots)
        throw cannot(layer.folder + ": shift or act_depth cannot be");
    must_fit(layer, "lines of Spmat", layer.spmat_depth, EIE_SPMAT_DEPTH);
    must_fit(layer, "words of a pointer bank", layer.ptr_depth, EIE_PTR_DEPTH);
    must_fit(layer, "pointers", layer.n_blocks * n_columns + 1, 2 * EIE_PTR_DEPTH);
    must_fit(layer, "words of bias", layer.bias_depth, EIE_BIAS_DEPTH);
    must_fit(layer, "words of activation SRAM", act_lines * LANES, EIE_ACT_DEPTH);
}

Layer read_layer(const std::string &folder)
{
    Layer layer{};
    layer.folder = folder;
    while (layer.folder.size() > 1 && layer.folder.back() == '/')
        layer.folder.pop_back();
    layer.name = layer.folder.substr(layer.folder.find_last_of('/') + 1);
    const std::string text = read_file(layer.folder + "/layer.json");
    const auto get = [&](const char *key) { return json_integer(text, key); };
    must_be(layer, "n_pes", get("n_pes"), EIE_N);
    must_be(layer, "fifo_depth", get("fifo_depth"), EIE_FIFO_DEPTH);
    must_be(layer, "sram_width", get("sram_width"), EIE_SRAM_WIDTH);
    must_be(layer, "code_bits", get("code_bits"), EIE_CODE_BITS);
    must_be(layer, "index_bits", get("index_bits"), EIE_INDEX_BITS);
    must_be(layer, "precision", get("precision"), EIE_B);
    must_be(layer, "act_registers", get("act_registers"), EIE_R);
    layer.n_rows = get("n_rows");
    layer.n_cols = get("n_cols");
    layer.has_bias = get("has_bias");
    layer.has_relu = get("has_relu");
    layer.shift = get("shift");
    layer.n_slots = get("n_slots");
    layer.n_batches = get("n_batches");
    layer.n_blocks = get("n_blocks");
    layer.spmat_depth = get("spmat_depth");
    layer.ptr_depth = get("ptr_depth");
    layer.bias_depth = layer.has_bias ? get("bias_depth") : 0;
    layer.act_depth = get("act_depth");
    layer.cycles = get("cycles");
    check_fit(layer);
    return layer;
}

template <typename Port> void put_word(Port &port, const Word &word, std::true_type)
{
    port = static_cast<Port>(word[0] | static_cast<uint64_t>(word[1]) << 32);
}

template <typename Port> void put_word(Port &port, const Word &word, std::false_type)
{
    for (size_t i = 0; i < sizeof port / sizeof port[0]; i++)
        port[i] = word[i];
}

// A port is an integer up to 64 bits and an array of 32-bit words above.
template <typename Port> void put(Port &port, const Word &word)
{
    put_word(port, word, std::is_integral<Port>());
}

template <typename Port> void put(Port &port, uint64_t value)
{
    port = static_cast<Port>(value);
}

class Machine {
  public:
    Machine()
    {
        top.rst = 1;
        top.clk = 0;
        top.start = 0;
        top.io_write = 0;
        clock();
        top.rst = 0;
        clock();
    }
    ~Machine() { top.final(); }

    void load(const Layer &layer)
    {
        load_all(layer, "spmat.hex", SPMAT, layer.spmat_depth);
        load_all(layer, "ptr_even.hex", PTR_EVEN, layer.ptr_depth);
        load_all(layer, "ptr_odd.hex", PTR_ODD, layer.ptr_depth);
        if (layer.has_bias)
            load_all(layer, "bias.hex", BIAS, layer.bias_depth);
        const std::vector<Word> codebook = read_hex(layer, "codebook.hex", 1 << EIE_CODE_BITS);
        for (uint64_t i = 0; i < codebook.size(); i++)
            write(CODEBOOK, 0, i, codebook[i]);
        load_inputs(layer);
        describe(layer);
    }

    // False when the machine did not end.
    bool run(uint64_t limit)
    {
        clock(); // the description, and the last word, are a cycle ahead of the start
        top.start = 1;
        clock();
        top.start = 0;
        top.eval();
        while (!top.done && top.cycles < limit)
            clock();
        return top.done;
    }

    uint64_t cycles() const { return top.cycles; }

    uint64_t output(const Layer &layer, uint64_t row)
    {
        const uint64_t pe = row % EIE_N, local = row / EIE_N;
        const uint64_t mask = (uint64_t{1} << EIE_B) - 1;
        if (layer.n_blocks == 1)
            return read(SOURCE, pe, local) & mask;
        const uint64_t line = first_output_line(layer) + line_of(local);
        return read(ACT, pe, line) >> local % EIE_R % LANES * EIE_B & mask;
    }

  private:
    Veie_top top;

    void clock()
    {
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
    }

    void write(Target target, uint64_t pe, uint64_t address, const Word &word)
    {
        top.io_target = target;
        put(top.io_pe, pe);
        put(top.io_addr, address);
        put(top.io_wdata, word);
        top.io_write = 1;
        clock();
        top.io_write = 0;
    }

    uint64_t read(Target target, uint64_t pe, uint64_t address)
    {
        top.io_target = target;
        put(top.io_pe, pe);
        put(top.io_addr, address);
        clock();
        return top.io_rdata;
    }

    // Each batch, and each block, begins a line of the activation SRAM.
    static uint64_t line_of(uint64_t slot)
    {
        return slot / EIE_R * LINES_PER_FILE + slot % EIE_R / LANES;
    }

    void load_all(const Layer &layer, const char *file, Target target, uint64_t depth)
    {
        if (depth == 0) // as Spmat of a matrix without weights
            return;
        const std::vector<Word> words = read_hex(layer, file, EIE_N * depth);
        for (uint64_t i = 0; i < words.size(); i++)
            write(target, i / depth, i % depth, words[i]);
    }

    // One batch waits in the source registers, several wait in the activation SRAM. Slots past
    // the last input are loaded with what the machine must not take for an input.
    void load_inputs(const Layer &layer)
    {
        const std::vector<Word> act = read_hex(layer, "act.hex", EIE_N * layer.act_depth);
        for (uint64_t pe = 0; pe < EIE_N; pe++) {
            std::vector<uint64_t> lines(layer.n_batches * LINES_PER_FILE, ~uint64_t{0});
            for (uint64_t slot = 0; slot < layer.n_slots; slot++) {
                const bool is_input = slot * EIE_N + pe < layer.n_cols;
                const Word word = is_input ? act.at(pe * layer.act_depth + slot) : Word{{1}};
                const uint64_t mask = (uint64_t{1} << EIE_B) - 1;
                const unsigned bit = static_cast<unsigned>(slot % EIE_R % LANES * EIE_B);
                uint64_t &line = lines[line_of(slot)];
                line = (line & ~(mask << bit)) | (word[0] & mask) << bit;
                if (layer.n_batches == 1)
                    write(SOURCE, pe, slot, word);
            }
            for (uint64_t i = 0; layer.n_batches > 1 && i < lines.size(); i++)
                write(ACT, pe, i, Word{{static_cast<uint32_t>(lines[i]),
                                        static_cast<uint32_t>(lines[i] >> 32)}});
        }
    }

    void describe(const Layer &layer)
    {
        put(top.n_cols, layer.n_cols);
        put(top.has_bias, layer.has_bias);
        put(top.has_relu, layer.has_relu);
        put(top.shift, layer.shift);
        put(top.n_batches, layer.n_batches);
        put(top.n_blocks, layer.n_blocks);
        put(top.last_batch_slots, layer.n_slots - (layer.n_batches - 1) * EIE_R);
        put(top.last_block_slots, ceil_div(layer.n_rows, EIE_N) - (layer.n_blocks - 1) * EIE_R);
        put(top.last_row_banks, layer.n_cols - (layer.n_slots - 1) * EIE_N);
        put(top.output_line, first_output_line(layer));
    }
};

// True when the layer agrees.
bool run_layer(Machine &machine, const Layer &layer)
{
    const std::vector<Word> expected = read_hex(layer, "expected.hex", layer.n_rows);
    machine.load(layer);
    const auto start = std::chrono::steady_clock::now();
    const bool ended = machine.run(4 * layer.cycles + EXTRA_CYCLES);
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - start;
    uint64_t n_equal = 0;
    for (uint64_t row = 0; ended && row < layer.n_rows; row++) {
        const uint64_t found = machine.output(layer, row);
        if (found == expected[row][0])
            n_equal++;
        else if (n_equal == row)
            std::fprintf(stderr, "%s: output %llu is %llx, expected %x\n", layer.name.c_str(),
                         static_cast<unsigned long long>(row),
                         static_cast<unsigned long long>(found), expected[row][0]);
    }
    if (!ended)
        std::fprintf(stderr, "%s: the machine hangs\n", layer.name.c_str());
    else if (machine.cycles() != layer.cycles)
        std::fprintf(stderr, "%s: expected cycles=%llu\n", layer.name.c_str(),
                     static_cast<unsigned long long>(layer.cycles));
    const bool agrees = ended && n_equal == layer.n_rows && machine.cycles() == layer.cycles;
    std::printf("%s cycles=%llu outputs=%llu %s (%.2f ms)\n", layer.name.c_str(),
                static_cast<unsigned long long>(machine.cycles()),
                static_cast<unsigned long long>(layer.n_rows), agrees ? "ok" : "DIFFERS",
                took.count());
    return agrees;
}

} // namespace

int main(int argc, char **argv)
{
    // What is not loaded is random, so that nothing can depend on a memory that happens to be 0.
    std::vector<const char *> args(argv, argv + argc);
    args.push_back("+verilator+rand+reset+2");
    args.push_back("+verilator+seed+1");
    Verilated::commandArgs(static_cast<int>(args.size()), args.data());
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s FOLDER...\n", argv[0]);
        return 2;
    }
    try {
        std::vector<Layer> layers;
        for (int i = 1; i < argc; i++)
            layers.push_back(read_layer(argv[i]));
        Machine machine; // one for all: a layer must leave nothing behind for the next
        bool all_agree = true;
        for (const Layer &layer : layers)
            all_agree = run_layer(machine, layer) && all_agree;
        return all_agree ? 0 : 1;
    } catch (const std::exception &problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 2;
    }
}
