"""What the integration and fault tests share: commands, servers, trees and the peers' tools."""
