/** OTLP written down a second time, for protobufjs: what our own reader is compared with. Field numbers are those of opentelemetry-proto 1.x. */
import protobuf from 'protobufjs'

const PROTO = `
syntax = "proto3";
message AnyValue {
  oneof value {
    string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
    ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7;
  }
}
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; }
message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }

message TracesRequest { repeated ResourceSpans groups = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scoped = 2; string schema_url = 3; }
message ScopeSpans { Scope scope = 1; repeated Span items = 2; string schema_url = 3; }
message Span {
  message Event { fixed64 time_unix_nano = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4; }
  message Link { bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; repeated KeyValue attributes = 4; fixed32 flags = 6; }
  bytes trace_id = 1; bytes span_id = 2; string trace_state = 3; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; uint32 dropped_attributes_count = 10;
  repeated Event events = 11; uint32 dropped_events_count = 12; repeated Link links = 13; uint32 dropped_links_count = 14;
  Status status = 15; fixed32 flags = 16;
}
message Status { string message = 2; int32 code = 3; }

message LogsRequest { repeated ResourceLogs groups = 1; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scoped = 2; string schema_url = 3; }
message ScopeLogs { Scope scope = 1; repeated LogRecord items = 2; string schema_url = 3; }
message LogRecord {
  fixed64 time_unix_nano = 1; fixed64 observed_time_unix_nano = 11; int32 severity_number = 2; string severity_text = 3;
  AnyValue body = 5; repeated KeyValue attributes = 6; uint32 dropped_attributes_count = 7; fixed32 flags = 8;
  bytes trace_id = 9; bytes span_id = 10; string event_name = 12;
}

message MetricsRequest { repeated ResourceMetrics groups = 1; }
message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scoped = 2; string schema_url = 3; }
message ScopeMetrics { Scope scope = 1; repeated Metric items = 2; string schema_url = 3; }
message Metric {
  string name = 1; string description = 2; string unit = 3;
  oneof data { Numbers gauge = 5; Numbers sum = 7; Histogram histogram = 9; ExponentialHistogram exponential_histogram = 10; Summary summary = 11; }
}
message Numbers { repeated NumberPoint data_points = 1; int32 aggregation_temporality = 2; bool is_monotonic = 3; }
message NumberPoint {
  repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3;
  oneof value { double as_double = 4; sfixed64 as_int = 6; }
  uint32 flags = 8;
}
message Histogram { repeated HistogramPoint data_points = 1; int32 aggregation_temporality = 2; }
message HistogramPoint {
  repeated KeyValue attributes = 9; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5;
  repeated fixed64 bucket_counts = 6; repeated double explicit_bounds = 7; uint32 flags = 10; optional double min = 11;
}
message ExponentialHistogram { repeated ExponentialPoint data_points = 1; int32 aggregation_temporality = 2; }
message ExponentialPoint {
  repeated KeyValue attributes = 1; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; optional double sum = 5;
  sint32 scale = 6; fixed64 zero_count = 7;
}
message Summary { repeated SummaryPoint data_points = 1; }
message SummaryPoint {
  repeated KeyValue attributes = 7; fixed64 start_time_unix_nano = 2; fixed64 time_unix_nano = 3; fixed64 count = 4; double sum = 5;
}

message ExportResponse { PartialSuccess partial_success = 1; }
message PartialSuccess { int64 rejected = 1; string error_message = 2; }
message RpcStatus { int32 code = 1; string message = 2; repeated Any details = 3; }
message Any { string type_url = 1; bytes value = 2; }
message RetryInfo { Duration retry_delay = 1; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
`

const root = protobuf.parse(PROTO, { keepCase: false }).root

export type MessageName = 'TracesRequest' | 'LogsRequest' | 'MetricsRequest' | 'ExportResponse' | 'RpcStatus' | 'RetryInfo'

/** `message`: a plain object with lowerCamelCase fields; 64-bit integers as decimal strings. */
export function referenceEncode(name: MessageName, message: object): Buffer {
  const type = root.lookupType(name)
  return Buffer.from(type.encode(type.fromObject(message)).finish())
}

/** 64-bit integers as decimal strings, bytes as base64, absent fields left out. */
export function referenceDecode(name: MessageName, bytes: Uint8Array): unknown {
  const type = root.lookupType(name)
  return type.toObject(type.decode(bytes), { longs: String, bytes: String })
}
