#include "repo/tree.hpp"

#include <doctest/doctest.h>

#include "support/errors.hpp"

using namespace pra;
using namespace pra::repo;

namespace {

BlobId id_of(char digit) {
  return BlobId::from_hex(std::string(64, digit));
}

Node plain(const std::string& name) {
  Node node;
  node.name = name;
  return node;
}

std::string encoded(const Node& node) {
  std::string out;
  encode_node(node, out);
  return out;
}

Node decoded(const std::string& node_json) {
  auto nodes = decode_tree("{\"nodes\":[" + node_json + "]}\n");
  REQUIRE(nodes.size() == 1);
  return nodes.front();
}

std::string with_name(const std::string& json_name) {
  return R"({"nodes":[{"name":)" + json_name + R"(,"type":"file"}]})";
}

constexpr const char* kEpoch = "\"1970-01-01T00:00:00Z\"";

}  // namespace

TEST_CASE("a file with everything is written in restic's order") {
  Node node = plain("a<b>");
  node.mode = 06754 | 01000;
  node.modified = {1'700'000'000, 120'000'000};
  node.accessed = {1'700'000'001, 0};
  node.changed = {1'700'000'002, 1};
  node.uid = 1000;
  node.gid = 100;
  node.user = "u";
  node.group = "g";
  node.inode = 18446744073709551615u;
  node.device_id = 5;
  node.size = 9;
  node.links = 2;
  node.extended_attributes = {{"user.x", {0xff, 0x00}}, {"user.empty", {}}};
  node.generic_attributes = R"({"windows.file_attributes":1})";
  node.content = {id_of('a'), id_of('b')};
  node.error = "e\n";
  const std::string expected =
      R"({"name":"a\u003cb\u003e","type":"file","mode":13631980,"mtime":"2023-11-14T22:13:20.12Z",)"
      R"("atime":"2023-11-14T22:13:21Z","ctime":"2023-11-14T22:13:22.000000001Z","uid":1000,)"
      R"("gid":100,"user":"u","group":"g","inode":18446744073709551615,"device_id":5,"size":9,)"
      R"("links":2,"extended_attributes":[{"name":"user.x","value":"/wA="},)"
      R"({"name":"user.empty","value":""}],"generic_attributes":{"windows.file_attributes":1},)"
      R"("content":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)"
      R"("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"],"error":"e\n"})";
  CHECK(encoded(node) == expected);

  const Node back = decoded(expected);
  CHECK(encoded(back) == expected);
  CHECK(back.name == "a<b>");
  CHECK(back.mode == (06754 | 01000));
  CHECK(back.modified == node.modified);
  CHECK(back.extended_attributes == node.extended_attributes);
  CHECK(back.content == node.content);
}

TEST_CASE("what is empty is left out") {
  const std::string tail = std::string(",\"mtime\":") + kEpoch + ",\"atime\":" + kEpoch +
                           ",\"ctime\":" + kEpoch + ",\"uid\":0,\"gid\":0,\"content\":";
  CHECK(encoded(plain("f")) == R"({"name":"f","type":"file")" + tail + "[]}");
  Node directory = plain("d");
  directory.type = NodeType::kDirectory;
  directory.mode = 0755;
  directory.subtree = id_of('c');
  CHECK(encoded(directory) == R"({"name":"d","type":"dir","mode":2147484141)" + tail +
                                  R"(null,"subtree":")" + id_of('c').hex() + "\"}");
}

TEST_CASE("every type has Go's bits of mode and comes back") {
  const std::vector<std::pair<NodeType, std::uint32_t>> types = {
      {NodeType::kFile, 0},
      {NodeType::kDirectory, 1u << 31},
      {NodeType::kSymlink, 1u << 27},
      {NodeType::kDevice, 1u << 26},
      {NodeType::kCharacterDevice, 1u << 26 | 1u << 21},
      {NodeType::kFifo, 1u << 25},
      {NodeType::kSocket, 1u << 24},
      {NodeType::kIrregular, 1u << 19}};
  for (const auto& [type, bits] : types) {
    Node node = plain("n");
    node.type = type;
    node.mode = 0640;
    node.device = 2049;
    CHECK(encoded(node).find("\"mode\":" + std::to_string(bits | 0640u) + ",") !=
          std::string::npos);
    const Node back = decoded(encoded(node));
    CHECK(back.type == type);
    CHECK(back.mode == 0640);
    CHECK(back.device == 2049);
  }
}

TEST_CASE("a link's target that is not UTF-8 survives") {
  Node node = plain("l");
  node.type = NodeType::kSymlink;
  node.link_target = std::string("\0\1\2\xfa\xfb\xfc", 6);
  CHECK(encoded(node).find(
            R"("linktarget":"\u0000\u0001\u0002\ufffd\ufffd\ufffd","linktarget_raw":"AAEC+vv8")") !=
        std::string::npos);
  CHECK(decoded(encoded(node)).link_target == node.link_target);
  node.link_target = "v\xc3\xa1l\xc3\xad";
  CHECK(encoded(node).find("linktarget_raw") == std::string::npos);
  CHECK(decoded(encoded(node)).link_target == node.link_target);
}

TEST_CASE("a tree is its nodes in order and a newline") {
  CHECK(encode_tree(std::vector<Node>{}) == "{\"nodes\":[]}\n");
  const std::vector<Node> nodes = {plain("a"), plain("a\x01"), plain("b"), plain("\xff")};
  std::vector<std::string> pieces;
  for (const Node& node : nodes)
    pieces.push_back(encoded(node));
  CHECK(encode_tree(nodes) == encode_tree(pieces));
  CHECK(encode_tree(nodes) ==
        "{\"nodes\":[" + pieces[0] + "," + pieces[1] + "," + pieces[2] + "," + pieces[3] + "]}\n");
  CHECK(decode_tree(encode_tree(nodes)).size() == 4);
  for (const auto& wrong : {std::vector{plain("b"), plain("a")},
                            std::vector{plain("a"), plain("a")}, std::vector{plain("")}})
    CHECK(test::code_of([&] { (void)encode_tree(wrong); }) == ErrorCode::kInvalidArgument);
}

TEST_CASE("members that nobody knows are skipped, nulls are nothing") {
  const auto nodes = decode_tree(
      R"( {"version":{"x":[1]},"nodes":[ {"future":[{}],"type":"file","name":"n","content":null,)"
      R"("subtree":null,"extended_attributes":[{"name":"user.a","value":null,"more":1}]} ],"z":0} )");
  REQUIRE(nodes.size() == 1);
  CHECK(nodes[0].name == "n");
  CHECK(nodes[0].content.empty());
  CHECK(nodes[0].extended_attributes.size() == 1);
  CHECK(decode_tree(R"({"nodes":null})").empty());
  CHECK(decode_tree(R"({"nodes":[{"name":"n","type":"door"}]})")[0].type == NodeType::kIrregular);
}

TEST_CASE("unsorted trees are sorted") {
  const auto nodes = decode_tree(R"({"nodes":[{"name":"b"},{"name":"a"},{"name":"c"}]})");
  CHECK(nodes[0].name == "a");
  CHECK(nodes[2].name == "c");
}

TEST_CASE("names that could leave the target are refused") {
  for (const char* name : {R"("")", R"(".")", R"("..")", R"("a/b")", R"("/")", R"("\\x00")",
                           R"("a\\x2fb")", R"("\\056\\056")", R"("a\\x00b")"})
    CHECK_MESSAGE(test::code_of([&] { (void)decode_tree(with_name(name)); }) == ErrorCode::kCorrupt,
                  name);
  CHECK(test::code_of([] { (void)decode_tree(R"({"nodes":[{"name":"a"},{"name":"\\x61"}]})"); }) ==
        ErrorCode::kCorrupt);
  CHECK(test::code_of([] { (void)decode_tree(R"({"nodes":[{"type":"file"}]})"); }) ==
        ErrorCode::kCorrupt);
}

TEST_CASE("anything malformed is refused") {
  const std::string good = R"({"nodes":[{"name":"a","type":"file","mtime":"2023-01-01T00:00:00Z",)"
                           R"("uid":1,"content":[]}]})";
  CHECK(decode_tree(good).size() == 1);
  for (std::size_t length = 0; length < good.size(); ++length)
    REQUIRE(test::code_of([&] { (void)decode_tree(std::string_view(good).substr(0, length)); }) ==
            ErrorCode::kCorrupt);
  for (const char* field :
       {R"("uid":4294967296)", R"("mtime":"yesterday")", R"("content":["ab"])", R"("content":[1])",
        R"("subtree":"x")", R"("size":-1)", R"("mode":"x")", R"("linktarget_raw":"*")",
        R"("extended_attributes":[{"value":"YQ=="}])"})
    CHECK_MESSAGE(test::code_of([&] {
                    (void)decode_tree(R"({"nodes":[{"name":"a",)" + std::string(field) + "}]}");
                  }) == ErrorCode::kCorrupt,
                  field);
}
